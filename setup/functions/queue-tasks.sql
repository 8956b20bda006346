-- Queues what may run: task instances that are ready (given by run, task and map index, state null) and those that
-- were scheduled before and had to wait, highest priority first, under all limits. Ready ones that no limit lets through
-- become `scheduled`. For a queue that none of `served_queues` is (null: all count as served) nothing is queued: it would
-- keep slots of pools and of the installation from what can run.
--
-- `moved` is an array of [dag run id, task id, map index, state, try id, queue, priority, ours]: every ready task
-- instance with the state it has now, whoever gave it (`ours`: this call did), and every waiting one that was queued. One
-- that somebody holds in a transaction is left to him and has the state that it had: nobody waits under the lock for a client.
-- `backlog` says whether scheduled ones are left.
create or replace function queue_tasks(
  ready_runs bigint[], ready_tasks text[], ready_map_indexes integer[], parallelism integer, served_queues text[],
  out moved json, out backlog boolean
) language plpgsql volatile as $$
declare
  chosen uuid[];
  waiting uuid[];
begin
  perform plan_for_size();
  perform lock_scheduling();
  if exists (select 1 from task_instance
              where state in ('up_for_retry', 'up_for_reschedule', 'deferred') and due_at <= now()) then
    perform schedule_due();
  end if;
  chosen := choose_tasks(ready_runs, ready_tasks, ready_map_indexes, parallelism, served_queues);

  -- `not in` looks ids up in a hash table, however many there are; `<> all` would compare each with each.
  waiting := array(
    select ti.id from unnest(ready_runs, ready_tasks, ready_map_indexes) as ready (dag_run_id, task_id, map_index)
      join task_instance ti using (dag_run_id, task_id, map_index)
      join dag_run r on r.id = ti.dag_run_id and r.state = 'running'
      join dag d on d.dag_id = ti.dag_id and not d.is_paused and not d.is_stale
     where ti.state is null and ti.id not in (select unnest(chosen))
  );

  with decided as (
    select id, true as is_chosen from unnest(chosen) as c (id) union all select id, false from unnest(waiting) as w (id)
  ), concerned as materialized (
    select ti.id, is_chosen from task_instance ti join decided using (id)
     where ti.state is null or ti.state = 'scheduled'
     order by ti.id for no key update of ti skip locked
  ), changed as (
    update task_instance ti
       set state = case when is_chosen then 'queued' else 'scheduled' end,
           -- One that goes on with its try, because it had waited, has the date on which the try began.
           try_number = ti.try_number
             + case when is_chosen and (ti.state is null or ti.start_date is null) then 1 else 0 end,
           scheduled_at = case when ti.state is null then now() else ti.scheduled_at end,
           queued_at = case when is_chosen then now() end,
           -- What has no state starts from the beginning, whatever is left of an execution before it was cleared.
           start_date = case when ti.state is not null then ti.start_date end,
           waiting_since = case when ti.state is not null then ti.waiting_since end,
           next_method = case when ti.state is not null then ti.next_method end
      from concerned where ti.id = concerned.id
    returning ti.*
  ), told as (
    select count(pg_notify('daisy_view', run_change(dag_run_id, dag_id, tasks))) as runs
      from (select dag_run_id, dag_id, json_agg(json_build_array(task_id, map_index, state)) as tasks
              from changed group by dag_run_id, dag_id) as per_run
  ), others as (
    -- Ready for this scheduler, but another one or a user was faster.
    select ti.* from unnest(ready_runs, ready_tasks, ready_map_indexes) as ready (dag_run_id, task_id, map_index)
      join task_instance ti using (dag_run_id, task_id, map_index)
     where ti.id not in (select id from concerned)
  )
  select coalesce(json_agg(json_build_array(dag_run_id, task_id, map_index, state, id, queue, priority_weight, ours)), '[]')
    into moved
    from (select changed.*, true as ours from changed, told union all select others.*, false from others) as result;

  backlog := exists (select 1 from task_instance where state = 'scheduled');
end
$$;
