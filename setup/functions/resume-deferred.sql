-- Resumes deferred task instances, given by the ids under which they wait: with the events of their triggers, or
-- (where a failure is given) by `__fail__`, because their trigger could not be kept up. Tells schedulers and consoles;
-- returns the ids of those that were still waiting.
create or replace function resume_deferred(ids uuid[], events json[], failures text[])
  returns setof uuid language sql volatile as $$
  with fired as materialized (
    select ti.id, given.event, given.failure
      from task_instance ti join unnest(ids, events, failures) as given (id, event, failure) using (id)
     where ti.state = 'deferred' order by ti.id for update of ti
  ), resumed as (
    update task_instance ti
       set id = uuid7(), state = 'scheduled', scheduled_at = now(), queued_at = null, end_date = null, due_at = null,
           hostname = null, pid = null, job_id = null, last_heartbeat_at = null,
           next_method = case when fired.failure is null then ti.next_method else '__fail__' end,
           next_kwargs = case when fired.failure is null then ti.next_kwargs
                              else json_build_object('error', fired.failure) end,
           trigger_event = case when fired.failure is null then fired.event end,
           triggerer_id = null
      from fired where ti.id = fired.id
    returning fired.id as fired_id, ti.dag_run_id, ti.dag_id, ti.task_id, ti.map_index, ti.state
  ), told as (
    select count(pg_notify('daisy_run', change)) + count(pg_notify('daisy_view', change)) as runs
      from (select run_change(dag_run_id, dag_id, json_agg(json_build_array(task_id, map_index, state))) as change
              from resumed group by dag_run_id, dag_id) as per_run
  )
  select fired_id from resumed, told
$$;
