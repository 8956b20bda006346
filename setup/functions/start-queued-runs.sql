-- Starts queued runs of the given DAGs (of all DAGs when null) and returns their ids.
--
-- A backfill's runs start in its own order, as far as the backfill's max_active_runs allows; all others of a DAG
-- together, oldest first, as far as the DAG's allows. Neither counts against the other. A paused DAG starts nothing,
-- a paused backfill none of its own; one that is over holds nothing back, so that its runs may be cleared.
--
-- Of the runs of a DAG that have to wait none is read, however many there are; of a backfill's, all. A run that somebody
-- holds in a transaction is left for the next time: nobody waits under the lock for a client.
-- Planned for what is asked: queued runs of some DAGs are found by the DAGs, those of all DAGs by their state.
create or replace function start_queued_runs(dag_ids text[]) returns setof bigint language plpgsql volatile
  set plan_cache_mode = auto as $$
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
    with free as materialized (
      select r.id from dag_run r where r.id = any (startable) and r.state = 'queued'
       order by r.id for no key update skip locked
    ), started as (
      update dag_run r set state = 'running', start_date = now(), end_date = null
        from free where r.id = free.id
      returning r.id, r.dag_id
    ), told as (
      select count(pg_notify('daisy_view', json_build_object('dagRunId', id, 'dagId', dag_id)::text)) from started
    )
    select started.id from started, told;
end
$$;
