-- What users write on a task instance; a run has a note already.
alter table task_instance add column note text;
