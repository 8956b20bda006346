-- Tasks that give their worker back while they wait: until a date (up_for_reschedule), or for a trigger (deferred).

-- In state up_for_retry and up_for_reschedule: when it may be scheduled. In state deferred: when it goes on whatever
-- the trigger says, because a time trigger's moment has come or the wait takes too long; null when neither will be.
alter table task_instance rename column retry_at to due_at;

alter table task_instance
  -- When the first execution began that led to a wait; retries keep it, so that a sensor's timeout counts from there.
  add column waiting_since timestamptz,
  -- What the next execution calls in place of `execute`, in state deferred and after it; null: it starts from the
  -- beginning. `__fail__` stands for a trigger that failed or was too late.
  add column next_method text,
  add column next_kwargs json,
  -- What a deferred task waits for (core/triggers), and what came of it.
  add column trigger_kind text,
  add column trigger_kwargs json,
  add column trigger_created_at timestamptz,
  add column trigger_event json,
  -- Until when it waits at most.
  add column trigger_timeout timestamptz,
  -- The triggerer that looks after the trigger: a row of job.
  add column triggerer_id uuid;

comment on column task_instance.start_date is
  'When the try began; kept while it waits and goes on, null before its first execution';

-- What is due next.
create index task_instance_due on task_instance (due_at)
  where state in ('up_for_retry', 'up_for_reschedule', 'deferred');
-- The triggers that a triggerer looks after, and (null) those that none does. Time is kept by the index above.
create index task_instance_triggerer on task_instance (triggerer_id)
  where state = 'deferred' and trigger_kind not in ('time', 'external');

drop function schedule_due_retries();

-- Schedules every task instance whose wait is over, under a fresh id, so that a job of the execution before it finds
-- no row. A retry is a new try, and the old one goes to the history under its id; what was rescheduled or deferred
-- goes on with its try. Deferred ones resume by the event of their time trigger, or fail by `__fail__`, because
-- their trigger was too late.
create function schedule_due() returns void language plpgsql volatile as $$
begin
  with due as materialized (
    select ti.*,
           ti.state = 'deferred' and ti.trigger_kind = 'time'
             and (ti.trigger_kwargs ->> 'moment')::timestamptz <= now() as has_fired
      from task_instance ti
      join dag_run r on r.id = ti.dag_run_id and r.state = 'running'
      join dag d on d.dag_id = ti.dag_id and not d.is_paused
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

-- Resumes deferred task instances, given by the ids under which they wait: with the events of their triggers, or
-- (where a failure is given) by `__fail__`, because their trigger could not be kept up. Tells schedulers and consoles;
-- returns the ids of those that were still waiting.
create function resume_deferred(ids uuid[], events json[], failures text[])
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

-- Queues what may run: task instances that are ready (given by run, task and map index, state null) and those that
-- were scheduled before and had to wait, highest priority first, under Airflow's limits in Airflow's order:
-- parallelism, the pool's existence and open slots, max_active_tasks of the run, max_active_tis_per_dag and
-- max_active_tis_per_dagrun. Ready ones that no limit lets through become `scheduled`.
--
-- `moved` is an array of [dag run id, task id, map index, state, try id, queue, priority, ours]: every ready task
-- instance with the state it has now, whoever gave it (`ours`: this call did), and every waiting one that was queued.
-- `backlog` says whether scheduled ones are left.
create or replace function queue_tasks(
  ready_runs bigint[], ready_tasks text[], ready_map_indexes integer[], parallelism integer,
  out moved json, out backlog boolean
) language plpgsql volatile as $$
declare
  open_slots integer;
  open_in_pool jsonb;
  active_in_run jsonb;
  full_runs text[];
  passed_over uuid[] := '{}';
  chosen uuid[] := '{}';
  waiting uuid[] := '{}';
  candidate record;
  pool_open integer;
  run_active integer;
  rejected integer;
  seen integer;
  batch integer;
  again boolean := true;
begin
  perform lock_scheduling();
  if exists (select 1 from task_instance
              where state in ('up_for_retry', 'up_for_reschedule', 'deferred') and due_at <= now()) then
    perform schedule_due();
  end if;

  select parallelism - count(*) into open_slots from task_instance where state in ('queued', 'running', 'restarting');
  select jsonb_object_agg(p.pool, case when p.slots < 0 then 1000000000
                                  else p.slots - coalesce(a.taken, 0) - coalesce(w.taken, 0) end)
    into open_in_pool
    from pool p
    left join (select ti.pool, sum(ti.pool_slots) as taken from task_instance ti
                where ti.state in ('queued', 'running', 'restarting') group by ti.pool) a using (pool)
    -- Not looked at for the pools, which are most, whose slots a deferred task does not keep.
    left join lateral (select sum(ti.pool_slots) as taken from task_instance ti
                        where p.include_deferred and ti.state = 'deferred' and ti.pool = p.pool) w on true;
  select coalesce(jsonb_object_agg(dag_run_id, active), '{}') into active_in_run
    from (select dag_run_id, count(*) as active from task_instance
           where state in ('queued', 'running', 'restarting') group by dag_run_id) a;

  while again loop
    again := false;
    rejected := 0;
    seen := 0;
    batch := greatest(open_slots, 0) + 50;
    full_runs := array(select a.key from jsonb_each_text(active_in_run) a
                         join dag_run r on r.id = a.key::bigint join dag d on d.dag_id = r.dag_id
                        where a.value::integer >= d.max_active_tasks);
    for candidate in
      select c.* from (
        (select ti.id, ti.dag_run_id, ti.dag_id, ti.task_id, ti.map_index, ti.pool, ti.pool_slots, ti.priority_weight,
                ti.order_date, ti.max_active_tis_per_dag, ti.max_active_tis_per_dagrun, d.max_active_tasks,
                true as is_ready
           from unnest(ready_runs, ready_tasks, ready_map_indexes) as ready (dag_run_id, task_id, map_index)
           join task_instance ti using (dag_run_id, task_id, map_index)
           join dag_run r on r.id = ti.dag_run_id and r.state = 'running'
           join dag d on d.dag_id = ti.dag_id and not d.is_paused
          where ti.state is null)
        union all
        (select ti.id, ti.dag_run_id, ti.dag_id, ti.task_id, ti.map_index, ti.pool, ti.pool_slots, ti.priority_weight,
                ti.order_date, ti.max_active_tis_per_dag, ti.max_active_tis_per_dagrun, d.max_active_tasks,
                false as is_ready
           from task_instance ti
           join dag_run r on r.id = ti.dag_run_id and r.state = 'running'
           join dag d on d.dag_id = ti.dag_id and not d.is_paused
          where ti.state = 'scheduled' and open_slots > 0
            and ti.pool_slots <= (open_in_pool ->> ti.pool)::integer
            and ti.dag_run_id::text <> all (full_runs) and ti.id <> all (passed_over) and ti.id <> all (chosen)
          order by ti.priority_weight desc, ti.order_date, ti.id
          limit batch)
      ) c
      where not c.is_ready or (c.id <> all (chosen) and c.id <> all (waiting))
      order by c.priority_weight desc, c.order_date, c.id
    loop
      seen := seen + case when candidate.is_ready then 0 else 1 end;
      pool_open := (open_in_pool ->> candidate.pool)::integer;
      run_active := coalesce((active_in_run ->> candidate.dag_run_id::text)::integer, 0);
      if open_slots > 0 and pool_open >= candidate.pool_slots and run_active < candidate.max_active_tasks
         and (candidate.max_active_tis_per_dag is null or candidate.max_active_tis_per_dag > (
               select count(*) from task_instance ti
                where ti.dag_id = candidate.dag_id and ti.task_id = candidate.task_id
                  and (ti.state in ('queued', 'running', 'restarting') or ti.id = any (chosen))))
         and (candidate.max_active_tis_per_dagrun is null or candidate.max_active_tis_per_dagrun > (
               select count(*) from task_instance ti
                where ti.dag_run_id = candidate.dag_run_id and ti.task_id = candidate.task_id
                  and (ti.state in ('queued', 'running', 'restarting') or ti.id = any (chosen))))
      then
        chosen := chosen || candidate.id;
        open_slots := open_slots - 1;
        open_in_pool := open_in_pool || jsonb_build_object(candidate.pool, pool_open - candidate.pool_slots);
        active_in_run := active_in_run || jsonb_build_object(candidate.dag_run_id, run_active + 1);
      elsif candidate.is_ready then
        waiting := waiting || candidate.id;
      else
        rejected := rejected + 1;
        passed_over := passed_over || candidate.id;
      end if;
    end loop;
    -- Those that a limit holds back must not hide the ones behind them.
    again := rejected > 0 and seen = batch and open_slots > 0;
  end loop;

  with changed as (
    update task_instance ti
       set state = case when ti.id = any (chosen) then 'queued' else 'scheduled' end,
           -- One that goes on with its try, because it had waited, has the date on which the try began.
           try_number = ti.try_number
             + case when ti.id = any (chosen) and (ti.state is null or ti.start_date is null) then 1 else 0 end,
           scheduled_at = case when ti.state is null then now() else ti.scheduled_at end,
           queued_at = case when ti.id = any (chosen) then now() end,
           -- What has no state starts from the beginning, whatever is left of an execution before it was cleared.
           start_date = case when ti.state is not null then ti.start_date end,
           waiting_since = case when ti.state is not null then ti.waiting_since end,
           next_method = case when ti.state is not null then ti.next_method end
     where ti.id = any (chosen || waiting) and (ti.state is null or ti.state = 'scheduled')
    returning ti.*
  ), told as (
    select count(pg_notify('daisy_view', run_change(dag_run_id, dag_id, tasks))) as runs
      from (select dag_run_id, dag_id, json_agg(json_build_array(task_id, map_index, state)) as tasks
              from changed group by dag_run_id, dag_id) as per_run
  ), others as (
    -- Ready for this scheduler, but another one or a user was faster.
    select ti.* from unnest(ready_runs, ready_tasks, ready_map_indexes) as ready (dag_run_id, task_id, map_index)
      join task_instance ti using (dag_run_id, task_id, map_index)
     where ti.id <> all (chosen) and ti.id <> all (waiting)
  )
  select coalesce(json_agg(json_build_array(dag_run_id, task_id, map_index, state, id, queue, priority_weight, ours)), '[]')
    into moved
    from (select changed.*, true as ours from changed, told union all select others.*, false from others) as result;

  backlog := exists (select 1 from task_instance where state = 'scheduled');
end
$$;
