-- The lanes, each found in one step.
create or replace function scheduled_lanes() returns setof scheduled_lane language plpgsql stable as $$
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

-- Counts once for all limits. `served_queues`: those that living workers serve; null when every queue is to count as
-- served.
create or replace function count_taken_slots(parallelism integer, served_queues text[]) returns taken_slots
language plpgsql stable as $$
declare
  taken taken_slots;
begin
  with active as materialized (
    select pool, pool_slots, dag_run_id from task_instance where state in ('queued', 'running', 'restarting')
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
         served_queues
    into taken.open_slots, taken.open_in_pool, taken.in_run, taken.served_queues;
  taken.of_task := '{}';
  return taken;
end
$$;

-- How many of a task are active, in all runs of its DAG or in one.
create or replace function count_active_of(of_dag text, of_task text, in_run bigint) returns integer language sql stable as $$
  select count(*)::integer from task_instance
   where dag_id = of_dag and state in ('queued', 'running', 'restarting') and task_id = of_task
     and (in_run is null or dag_run_id = in_run)
$$;

-- The next candidates behind a place, in Airflow's order: those that are ready, and of each lane that may start something
-- as many as it may, with those of twenty runs more in case the first ones turn out to be full. What may not start costs
-- one step a lane, or one step a run, however much of it there is.
--
-- `up_to` is the place up to which nothing is left out, and null when that is the end.
create or replace function next_candidates(
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
       where places > 0 and (taken.open_in_pool ->> l.pool)::integer >= l.pool_slots
         and (taken.served_queues is null or l.queue = any (taken.served_queues))
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
-- open slots, whether a worker serves the queue, max_active_tasks of the run, max_active_tis_per_dag and
-- max_active_tis_per_dagrun. What a limit holds back lets pass what comes behind it.
create or replace function choose_tasks(
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
      continue when in_pool is null or in_pool < candidate.pool_slots or candidate.queue <> all (taken.served_queues);
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
    end loop;
    behind := next_behind;
  end loop;
  return chosen;
end
$$;
