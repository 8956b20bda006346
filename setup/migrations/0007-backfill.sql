-- Backfills: runs of past dates that a user asks for, as Airflow 3 has them.

create table backfill (
  id bigint generated always as identity primary key,
  dag_id text not null references dag on delete cascade,
  -- Both inclusive, of logical dates.
  from_date timestamptz not null,
  to_date timestamptz not null,
  dag_run_conf json,
  -- No further run of it starts.
  is_paused boolean not null default false,
  -- What happens to runs that have ended: none, failed (those are run again), completed (all are).
  reprocess_behavior text not null,
  max_active_runs integer not null,
  created_at timestamptz not null default now(),
  -- When the last of its runs ended, or it was cancelled.
  completed_at timestamptz,
  updated_at timestamptz not null default now(),
  triggering_user_name text
);
-- One at a time for each DAG; also what the scheduler looks through for those that are over.
create unique index backfill_active on backfill (dag_id) where completed_at is null;

-- Every date that a backfill went through, with its run, or why it has none.
create table backfill_dag_run (
  id bigint generated always as identity primary key,
  backfill_id bigint not null references backfill on delete cascade,
  dag_run_id bigint references dag_run on delete set null,
  -- already exists, in flight, unknown
  exception_reason text,
  logical_date timestamptz not null,
  -- The order in which the runs start, from 1.
  sort_ordinal integer not null check (sort_ordinal >= 1),
  unique (backfill_id, dag_run_id)
);
create index backfill_dag_run_run on backfill_dag_run (dag_run_id);

alter table dag_run add column backfill_id bigint references backfill on delete set null;
create index dag_run_backfill on dag_run (backfill_id) where backfill_id is not null;

-- Starts queued runs of the given DAGs (of all DAGs when null) and returns their ids.
--
-- A backfill's runs start in its own order, as far as the backfill's max_active_runs allows; all others of a DAG
-- together, oldest first, as far as the DAG's allows. Neither counts against the other. A paused DAG starts nothing,
-- a paused backfill none of its own; one that is over holds nothing back, so that its runs may be cleared.
create or replace function start_queued_runs(dag_ids text[]) returns setof bigint language plpgsql volatile as $$
begin
  if not exists (select 1 from dag_run
                  where state = 'queued' and run_after <= now() and (dag_ids is null or dag_id = any (dag_ids))) then
    return;
  end if;
  perform lock_scheduling();
  return query
    with waiting as (
      select r.id, r.dag_id, coalesce(r.backfill_id, 0) as share, coalesce(b.max_active_runs, d.max_active_runs) as places,
             row_number() over (partition by r.dag_id, r.backfill_id
                                    order by bdr.sort_ordinal nulls first, r.run_after, r.id) as place
        from dag_run r
        join dag d on d.dag_id = r.dag_id and not d.is_paused
        left join backfill b on b.id = r.backfill_id
        left join backfill_dag_run bdr on bdr.dag_run_id = r.id and bdr.backfill_id = r.backfill_id
       where r.state = 'queued' and r.run_after <= now() and (dag_ids is null or r.dag_id = any (dag_ids))
         and not coalesce(b.is_paused and b.completed_at is null, false)
    ), running as (
      select dag_id, coalesce(backfill_id, 0) as share, count(*) as runs from dag_run
       where state = 'running' and dag_id in (select dag_id from waiting) group by dag_id, backfill_id
    ), started as (
      update dag_run r set state = 'running', start_date = now(), end_date = null
        from waiting left join running using (dag_id, share)
       where r.id = waiting.id and r.state = 'queued' and waiting.place <= waiting.places - coalesce(running.runs, 0)
      returning r.id, r.dag_id
    ), told as (
      select count(pg_notify('daisy_view', json_build_object('dagRunId', id, 'dagId', dag_id)::text)) from started
    )
    select started.id from started, told;
end
$$;

-- Those of the tasks directly after a deciding task that it decided against (Airflow's NotPreviouslySkippedDep).
-- `decision` is what it left as XCom: { "skipped": [ids] }, or { "followed": [ids] }, which decides against all others.
create function decided_against(decision json, version_id uuid, deciding_task text)
returns setof text language sql stable as $$
  select after.task_id
    from dag_version v,
         jsonb_array_elements(v.serialized -> 'dag' -> 'tasks') as task,
         jsonb_array_elements_text(task -> '__var' -> 'downstream_task_ids') as after (task_id)
   where v.id = version_id and task -> '__var' ->> 'task_id' = deciding_task
     and case when decision::jsonb ? 'followed' then not decision::jsonb -> 'followed' ? after.task_id
              else decision::jsonb -> 'skipped' ? after.task_id end
$$;
