-- How often a try was taken back because it waited too long in the queue, since it was last claimed.
alter table task_instance add column requeues integer not null default 0;
