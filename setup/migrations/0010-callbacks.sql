-- Callbacks and mails that an outcome calls for: inserted with the outcome, claimed by a worker, deleted when they have
-- run. Only for tasks and DAGs that have some.
create table callback_request (
  -- What a BullMQ job carries.
  id uuid primary key default uuid7(),
  dag_run_id bigint not null references dag_run on delete cascade,
  -- The version whose code is called: the run's at that time.
  dag_version_id uuid not null,
  -- success, failure, retry, skipped
  event text not null,
  -- Why a run ended; null for a task.
  reason text,
  exception text,
  -- The task instance that ended, as it was then; its row may be at the next try by now. Null for a whole run.
  task_id text,
  map_index integer,
  try_number integer,
  max_tries integer,
  task_start_date timestamptz,
  task_end_date timestamptz,
  hostname text,
  -- Null: the default queue.
  queue text,
  created_at timestamptz not null default now(),
  -- When the queue was told last.
  dispatched_at timestamptz,
  -- The worker that runs it, and how many have begun.
  job_id uuid,
  attempts integer not null default 0
);
create index callback_request_waiting on callback_request (created_at) where job_id is null;
