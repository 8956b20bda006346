-- Gives tasks of runs as many mapped instances as their maps have items. The row with map index -1, which stands for
-- all instances before the task is expanded, becomes index 0, and the others are made after it. A map over nothing
-- leaves one skipped row with index -1; one whose length is not known (null) an `upstream_failed` one.
--
-- Done again for a task that has instances already, it adds those that a longer map needs, takes up those that an
-- earlier, shorter one removed, and removes those left over, with what they pushed. A row that was decided before
-- the task was expanded stays as it is.
--
-- The lock on the runs lets schedulers that expand the same run do so one after the other; the later one finds
-- nothing to do. Returns, for each task, the map indexes and states of all its rows.
create or replace function expand_tasks(runs bigint[], tasks text[], lengths integer[], retries integer[])
  returns table (dag_run_id bigint, task_id text, instances json) language plpgsql volatile as $$
#variable_conflict use_column
declare
  entry record;
  items integer;
  first task_instance;
  any_mapped boolean;
begin
  perform 1 from dag_run r where r.id = any (runs) order by r.id for no key update;
  for entry in
    select e.run, e.task, e.length, e.retries from unnest(runs, tasks, lengths, retries) as e (run, task, length, retries)
     order by e.run, e.task
  loop
    items := coalesce(entry.length, 0);
    -- The row with the least index, from which others are made.
    select * into first from task_instance ti
     where ti.dag_run_id = entry.run and ti.task_id = entry.task order by ti.map_index limit 1 for update;
    continue when not found;
    any_mapped := exists (select 1 from task_instance ti
                           where ti.dag_run_id = entry.run and ti.task_id = entry.task and ti.map_index >= 0);
    continue when first.map_index = -1 and first.state is not null and not any_mapped;

    if items = 0 and first.map_index = -1 then
      update task_instance ti
         set state = case when entry.length is null then 'upstream_failed' else 'skipped' end,
             start_date = now(), end_date = now()
       where ti.id = first.id and ti.state is null;
    elsif items > 0 and first.map_index = -1 and any_mapped then
      delete from task_instance ti where ti.id = first.id;
    elsif items > 0 and first.map_index = -1 then
      update task_instance ti set map_index = 0 where ti.id = first.id;
    end if;

    insert into task_instance (id, dag_run_id, dag_id, run_id, task_id, map_index, state, start_date, end_date, max_tries,
                               operator, pool, pool_slots, queue, priority_weight, order_date, max_active_tis_per_dag,
                               max_active_tis_per_dagrun)
    select uuid7(), first.dag_run_id, first.dag_id, first.run_id, first.task_id, missing.index, missing.state,
           missing.decided_at, missing.decided_at, entry.retries, first.operator, first.pool, first.pool_slots, first.queue,
           first.priority_weight, first.order_date, first.max_active_tis_per_dag, first.max_active_tis_per_dagrun
      from (select index, null as state, null::timestamptz as decided_at from generate_series(0, items - 1) as index
            union all
            select -1, case when entry.length is null then 'upstream_failed' else 'skipped' end, now() where items = 0
           ) as missing
        on conflict (dag_run_id, task_id, map_index) do nothing;

    if any_mapped then
      update task_instance ti set state = null, start_date = null, end_date = null
       where ti.dag_run_id = entry.run and ti.task_id = entry.task and ti.state = 'removed'
         and ti.map_index between 0 and items - 1;
      with removed as (
        update task_instance ti set state = 'removed', end_date = coalesce(ti.end_date, now()), due_at = null
         where ti.dag_run_id = entry.run and ti.task_id = entry.task and ti.map_index >= items
           and ti.state is distinct from 'removed'
        returning ti.map_index
      )
      delete from xcom x using removed
       where x.dag_run_id = entry.run and x.task_id = entry.task and x.map_index = removed.map_index;
    end if;
  end loop;

  perform pg_notify('daisy_view', json_build_object('dagRunId', r.id, 'dagId', r.dag_id)::text)
     from dag_run r where r.id = any (runs);
  return query
    select ti.dag_run_id, ti.task_id, json_agg(json_build_array(ti.map_index, ti.state))
      from unnest(runs, tasks) as e (run, task)
      join task_instance ti on ti.dag_run_id = e.run and ti.task_id = e.task
     group by ti.dag_run_id, ti.task_id;
end
$$;
