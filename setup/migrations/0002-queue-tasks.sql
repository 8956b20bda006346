-- What the scheduler decides in one round trip, under one lock, so that limits hold with several schedulers.

-- A version 7 UUID (RFC 9562): 48 bits of Unix milliseconds, then random bits.
create function uuid7() returns uuid language sql volatile as $$
  select encode(
    set_bit(set_bit(
      overlay(uuid_send(gen_random_uuid())
              placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3)
              from 1 for 6),
      52, 1), 53, 1),
    'hex')::uuid
$$;

-- The lock under which limits are counted and slots are given away. Held for one statement, never while a client thinks.
create function lock_scheduling() returns void language sql volatile as $$
  select pg_advisory_xact_lock(527, 1)
$$;

-- The payload of a notification about task instances of one run; without the tasks when they would not fit.
create function run_change(dag_run_id bigint, dag_id text, tasks json) returns text language sql immutable as $$
  select case when octet_length(whole) <= 7900 then whole
         else json_build_object('dagRunId', dag_run_id, 'dagId', dag_id)::text end
    from (select json_build_object('dagRunId', dag_run_id, 'dagId', dag_id, 'tasks', tasks)::text as whole) as change
$$;

-- Gives every task instance whose retry is due its next try: the old try goes to the history under its id, and the
-- row gets a fresh id and state `scheduled`.
create function schedule_due_retries() returns void language plpgsql volatile as $$
begin
  with due as materialized (
    select ti.* from task_instance ti
      join dag_run r on r.id = ti.dag_run_id and r.state = 'running'
      join dag d on d.dag_id = ti.dag_id and not d.is_paused
     where ti.state = 'up_for_retry' and ti.retry_at <= now()
     order by ti.id
       for update of ti skip locked
  ), kept as (
    insert into task_instance_history
      (id, dag_run_id, dag_id, run_id, task_id, map_index, state, try_number, queued_at, start_date, end_date, hostname, pid)
    select id, dag_run_id, dag_id, run_id, task_id, map_index, 'failed', try_number, queued_at, start_date, end_date,
           hostname, pid
      from due
    on conflict (id) do nothing
  )
  update task_instance ti
     set id = uuid7(), state = 'scheduled', scheduled_at = now(), queued_at = null, start_date = null, end_date = null,
         retry_at = null, hostname = null, pid = null, job_id = null, last_heartbeat_at = null
    from due where ti.id = due.id;
end
$$;

-- Queues what may run: task instances that are ready (given by run, task and map index, state null) and those that
-- were scheduled before and had to wait, highest priority first, under Airflow's limits in Airflow's order:
-- parallelism, the pool's existence and open slots, max_active_tasks of the run, max_active_tis_per_dag and
-- max_active_tis_per_dagrun. Ready ones that no limit lets through become `scheduled`.
--
-- `moved` is an array of [dag run id, task id, map index, state, try id, queue, priority, ours]: every ready task
-- instance with the state it has now, whoever gave it (`ours`: this call did), and every waiting one that was queued.
-- `backlog` says whether scheduled ones are left.
create function queue_tasks(
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
  if exists (select 1 from task_instance where state = 'up_for_retry' and retry_at <= now()) then
    perform schedule_due_retries();
  end if;

  select parallelism - count(*) into open_slots from task_instance where state in ('queued', 'running', 'restarting');
  select jsonb_object_agg(p.pool, case when p.slots < 0 then 1000000000 else p.slots - coalesce(a.taken, 0) end)
    into open_in_pool
    from pool p
    left join (select ti.pool, sum(ti.pool_slots) as taken from task_instance ti
                where ti.state in ('queued', 'running', 'restarting') group by ti.pool) a using (pool);
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
           try_number = ti.try_number + case when ti.id = any (chosen) then 1 else 0 end,
           scheduled_at = case when ti.state is null then now() else ti.scheduled_at end,
           queued_at = case when ti.id = any (chosen) then now() end
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

-- Starts queued runs of the given DAGs (of all DAGs when null) as far as max_active_runs allows, oldest first, and
-- returns their ids.
create function start_queued_runs(dag_ids text[]) returns setof bigint language plpgsql volatile as $$
begin
  if not exists (select 1 from dag_run
                  where state = 'queued' and run_after <= now() and (dag_ids is null or dag_id = any (dag_ids))) then
    return;
  end if;
  perform lock_scheduling();
  return query
    with waiting as (
      select r.id, r.dag_id, d.max_active_runs,
             row_number() over (partition by r.dag_id order by r.run_after, r.id) as place
        from dag_run r join dag d on d.dag_id = r.dag_id and not d.is_paused
       where r.state = 'queued' and r.run_after <= now() and (dag_ids is null or r.dag_id = any (dag_ids))
    ), running as (
      select dag_id, count(*) as runs from dag_run
       where state = 'running' and dag_id in (select dag_id from waiting) group by dag_id
    ), started as (
      update dag_run r set state = 'running', start_date = now(), end_date = null
        from waiting left join running using (dag_id)
       where r.id = waiting.id and r.state = 'queued' and waiting.place <= waiting.max_active_runs - coalesce(running.runs, 0)
      returning r.id, r.dag_id
    ), told as (
      select count(pg_notify('daisy_view', json_build_object('dagRunId', id, 'dagId', dag_id)::text)) from started
    )
    select started.id from started, told;
end
$$;
