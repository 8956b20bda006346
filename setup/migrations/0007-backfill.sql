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
