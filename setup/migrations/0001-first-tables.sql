-- The tables of the scheduler, the workers and the web server. Words and columns are Airflow's where Airflow has them.

-- One row a DAG, kept when its file goes, so that its history stays.
create table dag (
  dag_id text primary key,
  dag_display_name text,
  fileloc text not null,
  relative_fileloc text not null,
  description text,
  owners text not null default 'airflow',
  tags text[] not null default '{}',
  -- What the console shows: 'None', '@once', or the cron expression.
  timetable_summary text not null,
  is_paused boolean not null,
  -- True when no file holds the DAG any more.
  is_stale boolean not null default false,
  has_import_errors boolean not null default false,
  max_active_tasks integer not null,
  max_active_runs integer not null,
  -- The version that new runs start with.
  dag_version_id uuid,
  last_parsed_time timestamptz,
  last_parse_duration double precision,
  next_dagrun_logical_date timestamptz,
  next_dagrun_data_interval_start timestamptz,
  next_dagrun_data_interval_end timestamptz,
  -- When the next scheduled run is due; null when none is.
  next_dagrun_run_after timestamptz
);
create index dag_due on dag (next_dagrun_run_after) where not is_paused and not is_stale;

-- A DAG file's source and the bundled code that runs, addressed by the hash of the bundle.
create table dag_code (
  code_hash text primary key,
  source text not null,
  bundle text not null,
  created_at timestamptz not null default now()
);

-- What a DAG was at a time; a run is pinned to the version it started with.
create table dag_version (
  id uuid primary key,
  dag_id text not null references dag on delete cascade,
  version_number integer not null,
  serialized_hash text not null,
  -- Airflow's Dag JSON, version 3: { "__version": 3, "dag": { … } }.
  serialized jsonb not null,
  code_hash text not null references dag_code,
  created_at timestamptz not null default now(),
  unique (dag_id, version_number)
);
create index dag_version_code on dag_version (code_hash);

-- A file that could not be loaded, and why. The DAGs of its last good state keep running.
create table import_error (
  id bigint generated always as identity primary key,
  relative_fileloc text not null unique,
  fileloc text not null,
  stack_trace text not null,
  timestamp timestamptz not null default now()
);

-- A wish that a file be parsed at once; the scheduler sets finished_at when it has been.
create table dag_priority_parsing_request (
  id uuid primary key,
  relative_fileloc text not null,
  requested_at timestamptz not null default now(),
  finished_at timestamptz
);

create table dag_run (
  id bigint generated always as identity primary key,
  dag_id text not null references dag on delete cascade,
  run_id text not null,
  -- scheduled, manual, backfill
  run_type text not null,
  state text not null,
  logical_date timestamptz,
  data_interval_start timestamptz,
  data_interval_end timestamptz,
  -- When it may start.
  run_after timestamptz not null,
  queued_at timestamptz,
  start_date timestamptz,
  end_date timestamptz,
  conf json not null default '{}',
  -- timetable, ui, cli, rest_api, operator, test
  triggered_by text not null,
  dag_version_id uuid not null references dag_version,
  clear_number integer not null default 0,
  note text,
  unique (dag_id, run_id),
  unique (dag_id, logical_date)
);
create index dag_run_unfinished on dag_run (dag_id, state) where state in ('queued', 'running');
create index dag_run_latest on dag_run (dag_id, id desc);

-- One row a task of a run, in its latest try; the id is the try's, and is what a BullMQ job carries.
create table task_instance (
  id uuid primary key,
  dag_run_id bigint not null references dag_run on delete cascade,
  dag_id text not null,
  run_id text not null,
  task_id text not null,
  map_index integer not null default -1,
  state text,
  -- The number of the try that runs, ran last, or (state queued) is to run; 0 before the first is queued.
  try_number integer not null default 0,
  -- A failed try gets another while try_number <= max_tries.
  max_tries integer not null,
  operator text not null,
  pool text not null,
  pool_slots integer not null,
  queue text not null,
  -- The weight after the weight rule; higher goes first.
  priority_weight integer not null,
  -- The run's logical date, or run_after without one: among equal weights, older runs go first.
  order_date timestamptz not null,
  max_active_tis_per_dag integer,
  max_active_tis_per_dagrun integer,
  -- How many tries ended because their worker was lost; such a try does not count against the task's retries.
  lost_tries integer not null default 0,
  scheduled_at timestamptz,
  queued_at timestamptz,
  start_date timestamptz,
  end_date timestamptz,
  -- In state up_for_retry: when the next try may be scheduled.
  retry_at timestamptz,
  hostname text,
  pid integer,
  -- The worker that runs the try: a row of job.
  job_id uuid,
  last_heartbeat_at timestamptz,
  unique (dag_run_id, task_id, map_index)
);
-- What the scheduler's and the reaper's queries look for; finished rows are in none of them.
create index task_instance_unfinished on task_instance (state)
  where state in ('scheduled', 'queued', 'running', 'restarting', 'up_for_retry', 'up_for_reschedule', 'deferred');
-- The order in which scheduled task instances are queued.
create index task_instance_next on task_instance (priority_weight desc, order_date, id) where state = 'scheduled';
create index task_instance_dag on task_instance (dag_id, state);

-- Tries that came before the latest one, under the ids they had.
create table task_instance_history (
  id uuid primary key,
  dag_run_id bigint not null references dag_run on delete cascade,
  dag_id text not null,
  run_id text not null,
  task_id text not null,
  map_index integer not null,
  state text,
  try_number integer not null,
  queued_at timestamptz,
  start_date timestamptz,
  end_date timestamptz,
  hostname text,
  pid integer
);
create index task_instance_history_task on task_instance_history (dag_run_id, task_id, map_index);

-- Values that tasks leave for others. json, not jsonb: what was pushed comes back to the letter.
create table xcom (
  dag_run_id bigint not null references dag_run on delete cascade,
  task_id text not null,
  map_index integer not null default -1,
  key text not null,
  value json not null,
  timestamp timestamptz not null default now(),
  primary key (dag_run_id, task_id, map_index, key)
);

create table pool (
  pool text primary key,
  -- -1 means no limit.
  slots integer not null check (slots >= -1),
  description text,
  include_deferred boolean not null default false
);
insert into pool (pool, slots, description) values ('default_pool', 128, 'Default pool');

create table variable (
  key text primary key,
  value text not null,
  description text
);

create table connection (
  conn_id text primary key,
  conn_type text not null,
  description text,
  host text,
  schema text,
  login text,
  password text,
  port integer,
  extra text
);

-- The processes of Daisy and when each was last alive.
create table job (
  id uuid primary key,
  -- SchedulerJob, WorkerJob, WebserverJob
  job_type text not null,
  -- running, success, failed
  state text not null,
  hostname text not null,
  pid integer not null,
  queues text[] not null default '{}',
  start_date timestamptz not null default now(),
  end_date timestamptz,
  latest_heartbeat timestamptz not null default now()
);
create index job_running on job (job_type, latest_heartbeat) where state = 'running';

-- Who did what.
create table log (
  id bigint generated always as identity primary key,
  dttm timestamptz not null default now(),
  event text not null,
  owner text,
  dag_id text,
  run_id text,
  task_id text,
  extra json
);
