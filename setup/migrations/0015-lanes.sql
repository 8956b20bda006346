-- Limits that cost what they let through: a backlog that may not start now is stepped over as a whole.

-- What is scheduled lies in lanes: task instances of one pool, one number of slots and one queue, and apart from the
-- others those of each task with a limit of its own. Where one of a lane may not start for these reasons, none may.
-- A function of a migration, not of setup/functions: an index keeps what it says.
create function lane(
  pool text, pool_slots integer, queue text, dag_id text, task_id text, per_dag integer, per_run integer
) returns text language sql immutable as $$
  select pool || chr(31) || pool_slots || chr(31) || queue
    || case when per_dag is null and per_run is null then ''
            else chr(31) || dag_id || '/' || task_id || '/' || coalesce(per_dag::text, '') || '/' || coalesce(per_run::text, '') end
$$;

-- Within a lane, the order in which task instances are queued, with those of a run side by side, so that a run that may
-- start no more is passed over in one step.
drop index task_instance_next;
create index task_instance_lane on task_instance (
  lane(pool, pool_slots, queue, dag_id, task_id, max_active_tis_per_dag, max_active_tis_per_dagrun),
  (-priority_weight::bigint), order_date, dag_run_id, map_index, task_id
) where state = 'scheduled';

-- The scheduled task instances by the columns of that index: `weight` is less where the priority is higher.
create view scheduled_task as
  select id, lane(pool, pool_slots, queue, dag_id, task_id, max_active_tis_per_dag, max_active_tis_per_dagrun) as lane,
         -priority_weight::bigint as weight, order_date, dag_run_id, map_index, task_id, dag_id, pool, pool_slots, queue,
         max_active_tis_per_dag as per_dag, max_active_tis_per_dagrun as per_run
    from task_instance where state = 'scheduled';

-- A lane that something is scheduled in, with what all in it have in common; the task only where it has limits.
create type scheduled_lane as (
  lane text, pool text, pool_slots integer, queue text, dag_id text, task_id text, per_dag integer, per_run integer
);

-- How much of each limit is taken, by task instances that are queued or running.
create type taken_slots as (
  -- Free in the whole installation.
  open_slots integer,
  -- By pool: slots that are free; below zero in a pool that was made smaller. A pool without an entry does not exist.
  open_in_pool jsonb,
  -- By run: its active task instances.
  in_run jsonb,
  -- By `dag/task`, and by `run/dag/task`: those of tasks with a limit of their own, as far as they have been counted.
  of_task jsonb,
  -- Queues that no worker serves, and that hold the one try that such a queue may hold.
  closed_queues text[]
);

-- A place in the order of what waits; what is less comes first.
create type place_in_order as (weight bigint, order_date timestamptz, dag_run_id bigint);

drop function if exists queue_tasks(bigint[], text[], integer[], integer);

-- The queued runs of a DAG in the order in which they start, and those of its backfills.
create index dag_run_waiting on dag_run (dag_id, run_after, id) where state = 'queued' and backfill_id is null;
create index dag_run_waiting_backfill on dag_run (dag_id, backfill_id) where state = 'queued' and backfill_id is not null;
