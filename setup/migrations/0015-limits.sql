-- Limits that cost what they let through: a backlog that may not start now is stepped over as a whole.

-- What is scheduled lies in lanes: task instances of one pool, one number of slots and one queue, and apart from the
-- others those of each task with a limit of its own. Where one of a lane may not start for these reasons, none may.
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

-- The lanes, each found in one step.
create function scheduled_lanes() returns setof scheduled_lane language plpgsql stable as $$
begin
  return query
    with recursive found as (
      (select lane, pool, pool_slots, queue, dag_id, task_id, per_dag, per_run from scheduled_task order by lane limit 1)
      union all
      select next.* from found cross join lateral (
        select s.lane, s.pool, s.pool_slots, s.queue, s.dag_id, s.task_id, s.per_dag, s.per_run
          from scheduled_task s where s.lane > found.lane order by s.lane limit 1
      ) as next
    )
    select * from found;
end
$$;

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

-- Counts once for all limits. `served_queues`: those that living workers serve; null when every queue is to count as
-- served.
create function count_taken_slots(parallelism integer, served_queues text[]) returns taken_slots
language plpgsql stable as $$
declare
  taken taken_slots;
begin
  with active as materialized (
    select pool, pool_slots, dag_run_id, queue, state from task_instance where state in ('queued', 'running', 'restarting')
  )
  select parallelism - (select count(*) from active),
         (select coalesce(jsonb_object_agg(p.pool, case when p.slots < 0 then 1000000000
                                                   else p.slots - coalesce(a.slots, 0) - coalesce(w.slots, 0) end), '{}')
            from pool p
            left join (select pool, sum(pool_slots) as slots from active group by pool) a using (pool)
            -- Not looked at for the pools, which are most, whose slots a deferred task does not keep.
            left join lateral (select sum(ti.pool_slots) as slots from task_instance ti
                                where p.include_deferred and ti.state = 'deferred' and ti.pool = p.pool) w on true),
         (select coalesce(jsonb_object_agg(dag_run_id, count), '{}')
            from (select dag_run_id, count(*) from active group by dag_run_id) as by_run),
         (select coalesce(array_agg(distinct queue), '{}') from active
           where state = 'queued' and queue <> all (served_queues))
    into taken.open_slots, taken.open_in_pool, taken.in_run, taken.closed_queues;
  taken.of_task := '{}';
  return taken;
end
$$;

-- How many of a task are active, in all runs of its DAG or in one.
create function count_active_of(of_dag text, of_task text, in_run bigint) returns integer language sql stable as $$
  select count(*)::integer from task_instance
   where dag_id = of_dag and state in ('queued', 'running', 'restarting') and task_id = of_task
     and (in_run is null or dag_run_id = in_run)
$$;

-- A place in the order of what waits; what is less comes first.
create type place_in_order as (weight bigint, order_date timestamptz, dag_run_id bigint);

-- The next candidates behind a place, in Airflow's order: those that are ready, and of each lane that may start something
-- as many as it may, with those of twenty runs more in case the first ones turn out to be full. What may not start costs
-- one step a lane, or one step a run, however much of it there is.
--
-- `up_to` is the place up to which nothing is left out, and null when that is the end.
create function next_candidates(
  ready_runs bigint[], ready_tasks text[], ready_map_indexes integer[], taken taken_slots, behind place_in_order
) returns table (
  id uuid, dag_run_id bigint, dag_id text, task_id text, pool text, pool_slots integer, queue text, max_active_tasks integer,
  per_dag integer, per_run integer, up_to place_in_order
) language plpgsql stable as $$
#variable_conflict use_column
begin
  return query
    with recursive open_lane as materialized (
      select l.*, places, places + 20 as wanted
        from scheduled_lanes() l,
             lateral (select least(
                        taken.open_slots,
                        (taken.open_in_pool ->> l.pool)::integer / greatest(l.pool_slots, 1),
                        -- Counted only for a task that has the limit.
                        case when l.per_dag is not null then
                          l.per_dag - coalesce((taken.of_task ->> (l.dag_id || '/' || l.task_id))::integer,
                                               count_active_of(l.dag_id, l.task_id, null))
                        end
                      ) as places) as may
       where places > 0 and (taken.open_in_pool ->> l.pool)::integer >= l.pool_slots and l.queue <> all (taken.closed_queues)
    ), run_in_lane as (
      select lane, behind.weight, behind.order_date, behind.dag_run_id, null::integer as max_active_tasks, 0 as places, 0 as found
        from open_lane
      union all
      select l.lane, next.weight, next.order_date, next.dag_run_id, d.max_active_tasks, may.places,
             before.found + case when may.places > 0 then 1 else 0 end
        from run_in_lane before
        join open_lane l on l.lane = before.lane and before.found < l.wanted
       cross join lateral (
         select s.weight, s.order_date, s.dag_run_id from scheduled_task s
          where s.lane = l.lane
            and (s.weight, s.order_date, s.dag_run_id) > (before.weight, before.order_date, before.dag_run_id)
          order by s.weight, s.order_date, s.dag_run_id limit 1
       ) as next
        join dag_run r on r.id = next.dag_run_id
        join dag d on d.dag_id = r.dag_id,
             lateral (select case when r.state = 'running' and not d.is_paused and not d.is_stale then least(
                        l.places,
                        d.max_active_tasks - coalesce((taken.in_run ->> r.id::text)::integer, 0),
                        case when l.per_run is not null then
                          l.per_run - coalesce((taken.of_task ->> (r.id || '/' || l.dag_id || '/' || l.task_id))::integer,
                                               count_active_of(l.dag_id, l.task_id, r.id))
                        end
                      ) else 0 end as places) as may
    ), bound as materialized (
      select run.weight, run.order_date, run.dag_run_id from run_in_lane run join open_lane l using (lane)
       where run.found >= l.wanted order by 1, 2, 3 limit 1
    ), candidate as (
      select ti.id, -ti.priority_weight::bigint as weight, ti.order_date, ti.dag_run_id, ti.map_index, ti.task_id, ti.dag_id,
             ti.pool, ti.pool_slots, ti.queue, d.max_active_tasks, ti.max_active_tis_per_dag as per_dag,
             ti.max_active_tis_per_dagrun as per_run
        from unnest(ready_runs, ready_tasks, ready_map_indexes) as ready (dag_run_id, task_id, map_index)
        join task_instance ti using (dag_run_id, task_id, map_index)
        join dag_run r on r.id = ti.dag_run_id and r.state = 'running'
        join dag d on d.dag_id = ti.dag_id and not d.is_paused and not d.is_stale
       where ti.state is null
         and (-ti.priority_weight::bigint, ti.order_date, ti.dag_run_id) > (behind.weight, behind.order_date, behind.dag_run_id)
      union all
      select s.* from run_in_lane run cross join lateral (
        select s.id, s.weight, s.order_date, s.dag_run_id, s.map_index, s.task_id, s.dag_id, s.pool, s.pool_slots, s.queue,
               run.max_active_tasks, s.per_dag, s.per_run
          from scheduled_task s
         where s.lane = run.lane and (s.weight, s.order_date, s.dag_run_id) = (run.weight, run.order_date, run.dag_run_id)
         order by s.map_index, s.task_id limit greatest(run.places, 0)
      ) as s
    )
    select c.id, c.dag_run_id, c.dag_id, c.task_id, c.pool, c.pool_slots, c.queue, c.max_active_tasks, c.per_dag, c.per_run,
           case when b.weight is not null then row(b.weight, b.order_date, b.dag_run_id)::place_in_order end
      from candidate c left join bound b on true
     where b.weight is null or (c.weight, c.order_date, c.dag_run_id) <= (b.weight, b.order_date, b.dag_run_id)
     order by c.weight, c.order_date, c.map_index, c.dag_run_id, c.task_id;
end
$$;

-- Chooses what may be queued now, under Airflow's limits in Airflow's order: parallelism, the pool's existence and its
-- open slots, max_active_tasks of the run, max_active_tis_per_dag and max_active_tis_per_dagrun. What a limit holds
-- back lets pass what comes behind it.
create function choose_tasks(
  ready_runs bigint[], ready_tasks text[], ready_map_indexes integer[], parallelism integer, served_queues text[]
) returns uuid[] language plpgsql stable as $$
declare
  taken taken_slots := count_taken_slots(parallelism, served_queues);
  behind place_in_order := row(-9223372036854775807, '-infinity', 0);
  next_behind place_in_order;
  chosen uuid[] := '{}';
  candidate record;
  is_limited boolean;
  task text;
  in_pool integer;
  in_run integer;
  of_task integer;
  of_task_in_run integer;
begin
  -- Limits only tighten on the way, so that nothing before a bound has to be looked at again.
  while taken.open_slots > 0 and behind is not null loop
    next_behind := null;
    for candidate in select * from next_candidates(ready_runs, ready_tasks, ready_map_indexes, taken, behind) loop
      exit when taken.open_slots <= 0;
      next_behind := candidate.up_to;
      in_pool := taken.open_in_pool ->> candidate.pool;
      continue when in_pool is null or in_pool < candidate.pool_slots or candidate.queue = any (taken.closed_queues);
      in_run := coalesce((taken.in_run ->> candidate.dag_run_id::text)::integer, 0);
      continue when in_run >= candidate.max_active_tasks;
      is_limited := coalesce(candidate.per_dag, candidate.per_run) is not null;
      if is_limited then
        task := candidate.dag_id || '/' || candidate.task_id;
        of_task := coalesce((taken.of_task ->> task)::integer, count_active_of(candidate.dag_id, candidate.task_id, null));
        of_task_in_run := coalesce((taken.of_task ->> (candidate.dag_run_id || '/' || task))::integer,
                                   count_active_of(candidate.dag_id, candidate.task_id, candidate.dag_run_id));
        continue when of_task >= candidate.per_dag or of_task_in_run >= candidate.per_run;
        taken.of_task := taken.of_task
          || jsonb_build_object(task, of_task + 1, candidate.dag_run_id || '/' || task, of_task_in_run + 1);
      end if;
      chosen := chosen || candidate.id;
      taken.open_slots := taken.open_slots - 1;
      taken.open_in_pool := taken.open_in_pool || jsonb_build_object(candidate.pool, in_pool - candidate.pool_slots);
      taken.in_run := taken.in_run || jsonb_build_object(candidate.dag_run_id, in_run + 1);
      if candidate.queue <> all (served_queues) then
        taken.closed_queues := taken.closed_queues || candidate.queue;
      end if;
    end loop;
    behind := next_behind;
  end loop;
  return chosen;
end
$$;

drop function queue_tasks(bigint[], text[], integer[], integer);

-- Has a connection plan its statements anew whenever the table has grown to twice the size that it planned them for: it
-- keeps plans for a long time, and those of an almost empty table would read a full one from end to end.
create function plan_for_size() returns void language plpgsql volatile as $$
declare
  size bigint := pg_relation_size('task_instance');
begin
  if size > 2 * coalesce(nullif(current_setting('daisy.planned_for_size', true), '')::bigint, 0) then
    discard plans;
    perform set_config('daisy.planned_for_size', size::text, false);
  end if;
end
$$;

-- Queues what may run: task instances that are ready (given by run, task and map index, state null) and those that
-- were scheduled before and had to wait, highest priority first, under all limits. Ready ones that no limit lets through
-- become `scheduled`. Of a queue that none of `served_queues` is (null: all count as served) one try is queued at most,
-- because it would keep its slots from others.
--
-- `moved` is an array of [dag run id, task id, map index, state, try id, queue, priority, ours]: every ready task
-- instance with the state it has now, whoever gave it (`ours`: this call did), and every waiting one that was queued.
-- `backlog` says whether scheduled ones are left.
create function queue_tasks(
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

  with concerned as materialized (
    select id, true as is_chosen from unnest(chosen) as c (id) union all select id, false from unnest(waiting) as w (id)
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
      from concerned where ti.id = concerned.id and (ti.state is null or ti.state = 'scheduled')
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

-- The queued runs of a DAG in the order in which they start, and those of its backfills.
create index dag_run_waiting on dag_run (dag_id, run_after, id) where state = 'queued' and backfill_id is null;
create index dag_run_waiting_backfill on dag_run (dag_id, backfill_id) where state = 'queued' and backfill_id is not null;

-- Starts queued runs of the given DAGs (of all DAGs when null) and returns their ids.
--
-- A backfill's runs start in its own order, as far as the backfill's max_active_runs allows; all others of a DAG
-- together, oldest first, as far as the DAG's allows. Neither counts against the other. A paused DAG starts nothing,
-- a paused backfill none of its own; one that is over holds nothing back, so that its runs may be cleared.
--
-- Of the runs of a DAG that have to wait none is read, however many there are; of a backfill's, all.
create or replace function start_queued_runs(dag_ids text[]) returns setof bigint language plpgsql volatile as $$
declare
  startable bigint[];
begin
  if not exists (select 1 from dag_run
                  where state = 'queued' and run_after <= now() and (dag_ids is null or dag_id = any (dag_ids))) then
    return;
  end if;
  perform lock_scheduling();
  startable := array(
    with recursive found as (
      (select r.dag_id from dag_run r where dag_ids is null and r.state = 'queued' order by r.dag_id limit 1)
      union all
      select (select r.dag_id from dag_run r where r.state = 'queued' and r.dag_id > found.dag_id order by r.dag_id limit 1)
        from found where found.dag_id is not null
    ), concerned as (
      select d.dag_id, d.max_active_runs
        from (select dag_id from found union select unnest(dag_ids)) as named join dag d using (dag_id)
       where not d.is_paused and not d.is_stale
    )
    select r.id from concerned c cross join lateral (
      select w.id from dag_run w
       where w.dag_id = c.dag_id and w.state = 'queued' and w.backfill_id is null and w.run_after <= now()
       order by w.run_after, w.id
       limit greatest(0, c.max_active_runs - (select count(*) from dag_run a
                                               where a.dag_id = c.dag_id and a.state = 'running' and a.backfill_id is null))
    ) as r
    union all
    select r.id
      from concerned c
      join lateral (select distinct w.backfill_id from dag_run w
                     where w.dag_id = c.dag_id and w.state = 'queued' and w.backfill_id is not null) as waiting on true
      join backfill b on b.id = waiting.backfill_id and not (b.is_paused and b.completed_at is null)
     cross join lateral (
      select w.id from dag_run w left join backfill_dag_run place on place.dag_run_id = w.id and place.backfill_id = b.id
       where w.dag_id = c.dag_id and w.state = 'queued' and w.backfill_id = b.id and w.run_after <= now()
       order by place.sort_ordinal nulls first, w.run_after, w.id
       limit greatest(0, b.max_active_runs - (select count(*) from dag_run a
                                               where a.dag_id = c.dag_id and a.state = 'running' and a.backfill_id = b.id))
    ) as r
  );
  return query
    with started as (
      update dag_run r set state = 'running', start_date = now(), end_date = null
       where r.id = any (startable) and r.state = 'queued'
      returning r.id, r.dag_id
    ), told as (
      select count(pg_notify('daisy_view', json_build_object('dagRunId', id, 'dagId', dag_id)::text)) from started
    )
    select started.id from started, told;
end
$$;
