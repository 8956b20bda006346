-- How many tries a worker runs at once (null: not known), and when all of that was last seen in use. A try that such a
-- worker leaves in the queue waits for its turn.
alter table job add column slots integer;
alter table job add column last_full_at timestamptz;
