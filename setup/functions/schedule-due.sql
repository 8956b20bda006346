-- Schedules every task instance whose wait is over, under a fresh id, so that a job of the execution before it finds
-- no row. A retry is a new try, and the old one goes to the history under its id; what was rescheduled or deferred
-- goes on with its try. Deferred ones resume by the event of their time trigger, or fail by `__fail__`, because
-- their trigger was too late.
create or replace function schedule_due() returns void language plpgsql volatile as $$
begin
  with due as materialized (
    select ti.*,
           ti.state = 'deferred' and ti.trigger_kind = 'time'
             and (ti.trigger_kwargs ->> 'moment')::timestamptz <= now() as has_fired
      from task_instance ti
      join dag_run r on r.id = ti.dag_run_id and r.state = 'running'
      join dag d on d.dag_id = ti.dag_id and not d.is_paused and not d.is_stale
     where ti.state in ('up_for_retry', 'up_for_reschedule', 'deferred') and ti.due_at <= now()
     order by ti.due_at
     limit 2000
       for update of ti skip locked
  ), kept as (
    insert into task_instance_history
      (id, dag_run_id, dag_id, run_id, task_id, map_index, state, try_number, queued_at, start_date, end_date, hostname, pid)
    select id, dag_run_id, dag_id, run_id, task_id, map_index, 'failed', try_number, queued_at, start_date, end_date,
           hostname, pid
      from due where state = 'up_for_retry'
    on conflict (id) do nothing
  )
  update task_instance ti
     set id = uuid7(), state = 'scheduled', scheduled_at = now(), queued_at = null, end_date = null, due_at = null,
         hostname = null, pid = null, job_id = null, last_heartbeat_at = null,
         start_date = case when due.state <> 'up_for_retry' then due.start_date end,
         next_method = case when due.has_fired then due.next_method when due.state = 'deferred' then '__fail__' end,
         next_kwargs = case when due.has_fired then due.next_kwargs
                            when due.state = 'deferred' then '{"error": "Trigger timeout"}'::json end,
         trigger_event = case when due.has_fired then due.trigger_kwargs -> 'moment' end,
         triggerer_id = null
    from due where ti.id = due.id;
end
$$;
