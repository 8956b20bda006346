-- The lock under which limits are counted and slots are given away. Held for one statement, never while a client thinks.
create or replace function lock_scheduling() returns void language sql volatile as $$
  select pg_advisory_xact_lock(527, 1)
$$;
