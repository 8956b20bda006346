-- Written by setup/dump-schema.ts from a freshly migrated database; `npm run check` compares it.

create table asset (
  id bigint not null generated always as identity,
  name text not null,
  uri text not null,
  "group" text not null,
  extra json not null default '{}'::json,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint asset_name_uri_key UNIQUE (name, uri),
  constraint asset_pkey PRIMARY KEY (id)
);
CREATE INDEX asset_uri ON public.asset USING btree (uri);

create table asset_alias (
  id bigint not null generated always as identity,
  name text not null,
  "group" text not null,
  constraint asset_alias_name_key UNIQUE (name),
  constraint asset_alias_pkey PRIMARY KEY (id)
);

create table asset_alias_asset (
  alias_id bigint not null,
  asset_id bigint not null,
  constraint asset_alias_asset_pkey PRIMARY KEY (alias_id, asset_id),
  constraint asset_alias_asset_alias_id_fkey FOREIGN KEY (alias_id) REFERENCES asset_alias(id) ON DELETE CASCADE,
  constraint asset_alias_asset_asset_id_fkey FOREIGN KEY (asset_id) REFERENCES asset(id) ON DELETE CASCADE
);
CREATE INDEX asset_alias_asset_asset ON public.asset_alias_asset USING btree (asset_id);

create table asset_alias_asset_event (
  alias_id bigint not null,
  event_id bigint not null,
  constraint asset_alias_asset_event_pkey PRIMARY KEY (alias_id, event_id),
  constraint asset_alias_asset_event_alias_id_fkey FOREIGN KEY (alias_id) REFERENCES asset_alias(id) ON DELETE CASCADE,
  constraint asset_alias_asset_event_event_id_fkey FOREIGN KEY (event_id) REFERENCES asset_event(id) ON DELETE CASCADE
);
CREATE INDEX asset_alias_asset_event_event ON public.asset_alias_asset_event USING btree (event_id);

create table asset_dag_run_queue (
  target_dag_id text not null,
  event_id bigint not null,
  asset_id bigint not null,
  created_at timestamp with time zone not null default now(),
  constraint asset_dag_run_queue_pkey PRIMARY KEY (target_dag_id, event_id),
  constraint asset_dag_run_queue_asset_id_fkey FOREIGN KEY (asset_id) REFERENCES asset(id) ON DELETE CASCADE,
  constraint asset_dag_run_queue_event_id_fkey FOREIGN KEY (event_id) REFERENCES asset_event(id) ON DELETE CASCADE,
  constraint asset_dag_run_queue_target_dag_id_fkey FOREIGN KEY (target_dag_id) REFERENCES dag(dag_id) ON DELETE CASCADE
);
CREATE INDEX asset_dag_run_queue_asset ON public.asset_dag_run_queue USING btree (asset_id);
CREATE INDEX asset_dag_run_queue_event ON public.asset_dag_run_queue USING btree (event_id);

create table asset_event (
  id bigint not null generated always as identity,
  asset_id bigint not null,
  extra json not null default '{}'::json,
  source_task_id text,
  source_dag_id text,
  source_run_id text,
  source_map_index integer not null default '-1'::integer,
  "timestamp" timestamp with time zone not null default now(),
  constraint asset_event_pkey PRIMARY KEY (id),
  constraint asset_event_asset_id_fkey FOREIGN KEY (asset_id) REFERENCES asset(id) ON DELETE CASCADE
);
CREATE INDEX asset_event_asset ON public.asset_event USING btree (asset_id, "timestamp");
CREATE INDEX asset_event_timestamp ON public.asset_event USING btree ("timestamp");

create table asset_state (
  asset_id bigint not null,
  key text not null,
  value json not null,
  updated_at timestamp with time zone not null default now(),
  constraint asset_state_pkey PRIMARY KEY (asset_id, key),
  constraint asset_state_asset_id_fkey FOREIGN KEY (asset_id) REFERENCES asset(id) ON DELETE CASCADE
);

create table backfill (
  id bigint not null generated always as identity,
  dag_id text not null,
  from_date timestamp with time zone not null,
  to_date timestamp with time zone not null,
  dag_run_conf json,
  is_paused boolean not null default false,
  reprocess_behavior text not null,
  max_active_runs integer not null,
  created_at timestamp with time zone not null default now(),
  completed_at timestamp with time zone,
  updated_at timestamp with time zone not null default now(),
  triggering_user_name text,
  constraint backfill_pkey PRIMARY KEY (id),
  constraint backfill_dag_id_fkey FOREIGN KEY (dag_id) REFERENCES dag(dag_id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX backfill_active ON public.backfill USING btree (dag_id) WHERE (completed_at IS NULL);

create table backfill_dag_run (
  id bigint not null generated always as identity,
  backfill_id bigint not null,
  dag_run_id bigint,
  exception_reason text,
  logical_date timestamp with time zone not null,
  sort_ordinal integer not null,
  constraint backfill_dag_run_backfill_id_dag_run_id_key UNIQUE (backfill_id, dag_run_id),
  constraint backfill_dag_run_pkey PRIMARY KEY (id),
  constraint backfill_dag_run_backfill_id_fkey FOREIGN KEY (backfill_id) REFERENCES backfill(id) ON DELETE CASCADE,
  constraint backfill_dag_run_dag_run_id_fkey FOREIGN KEY (dag_run_id) REFERENCES dag_run(id) ON DELETE SET NULL,
  constraint backfill_dag_run_sort_ordinal_check CHECK ((sort_ordinal >= 1))
);
CREATE INDEX backfill_dag_run_run ON public.backfill_dag_run USING btree (dag_run_id);

create table callback_request (
  id uuid not null default uuid7(),
  dag_run_id bigint not null,
  dag_version_id uuid not null,
  event text not null,
  reason text,
  exception text,
  task_id text,
  map_index integer,
  try_number integer,
  max_tries integer,
  task_start_date timestamp with time zone,
  task_end_date timestamp with time zone,
  hostname text,
  queue text,
  created_at timestamp with time zone not null default now(),
  dispatched_at timestamp with time zone,
  job_id uuid,
  attempts integer not null default 0,
  constraint callback_request_pkey PRIMARY KEY (id),
  constraint callback_request_dag_run_id_fkey FOREIGN KEY (dag_run_id) REFERENCES dag_run(id) ON DELETE CASCADE
);
CREATE INDEX callback_request_waiting ON public.callback_request USING btree (created_at) WHERE (job_id IS NULL);

create table connection (
  conn_id text not null,
  conn_type text not null,
  description text,
  host text,
  schema text,
  login text,
  password text,
  port integer,
  extra text,
  is_encrypted boolean not null default false,
  is_extra_encrypted boolean not null default false,
  constraint connection_pkey PRIMARY KEY (conn_id)
);

create table dag (
  dag_id text not null,
  dag_display_name text,
  fileloc text not null,
  relative_fileloc text not null,
  description text,
  owners text not null default 'airflow'::text,
  tags text[] not null default '{}'::text[],
  timetable_summary text not null,
  is_paused boolean not null,
  is_stale boolean not null default false,
  has_import_errors boolean not null default false,
  max_active_tasks integer not null,
  max_active_runs integer not null,
  dag_version_id uuid,
  last_parsed_time timestamp with time zone,
  last_parse_duration double precision,
  next_dagrun_logical_date timestamp with time zone,
  next_dagrun_data_interval_start timestamp with time zone,
  next_dagrun_data_interval_end timestamp with time zone,
  next_dagrun_run_after timestamp with time zone,
  asset_expression jsonb,
  file_claimed_at timestamp with time zone not null default now(),
  pools text[] not null default '{}'::text[],
  constraint dag_pkey PRIMARY KEY (dag_id)
);
CREATE INDEX dag_due ON public.dag USING btree (next_dagrun_run_after) WHERE ((NOT is_paused) AND (NOT is_stale));

create table dag_code (
  code_hash text not null,
  source text not null,
  bundle text not null,
  created_at timestamp with time zone not null default now(),
  logic_hash text,
  constraint dag_code_pkey PRIMARY KEY (code_hash)
);

create table dag_priority_parsing_request (
  id uuid not null,
  relative_fileloc text not null,
  requested_at timestamp with time zone not null default now(),
  finished_at timestamp with time zone,
  constraint dag_priority_parsing_request_pkey PRIMARY KEY (id)
);

create table dag_run (
  id bigint not null generated always as identity,
  dag_id text not null,
  run_id text not null,
  run_type text not null,
  state text not null,
  logical_date timestamp with time zone,
  data_interval_start timestamp with time zone,
  data_interval_end timestamp with time zone,
  run_after timestamp with time zone not null,
  queued_at timestamp with time zone,
  start_date timestamp with time zone,
  end_date timestamp with time zone,
  conf json not null default '{}'::json,
  triggered_by text not null,
  dag_version_id uuid not null,
  clear_number integer not null default 0,
  note text,
  backfill_id bigint,
  constraint dag_run_dag_id_logical_date_key UNIQUE (dag_id, logical_date),
  constraint dag_run_dag_id_run_id_key UNIQUE (dag_id, run_id),
  constraint dag_run_pkey PRIMARY KEY (id),
  constraint dag_run_backfill_id_fkey FOREIGN KEY (backfill_id) REFERENCES backfill(id) ON DELETE SET NULL,
  constraint dag_run_dag_id_fkey FOREIGN KEY (dag_id) REFERENCES dag(dag_id) ON DELETE CASCADE,
  constraint dag_run_dag_version_id_fkey FOREIGN KEY (dag_version_id) REFERENCES dag_version(id)
);
CREATE INDEX dag_run_backfill ON public.dag_run USING btree (backfill_id) WHERE (backfill_id IS NOT NULL);
CREATE INDEX dag_run_latest ON public.dag_run USING btree (dag_id, id DESC);
CREATE INDEX dag_run_unfinished ON public.dag_run USING btree (dag_id, state) WHERE (state = ANY (ARRAY['queued'::text, 'running'::text]));
CREATE INDEX dag_run_version ON public.dag_run USING btree (dag_version_id);
CREATE INDEX dag_run_waiting ON public.dag_run USING btree (dag_id, run_after, id) WHERE ((state = 'queued'::text) AND (backfill_id IS NULL));
CREATE INDEX dag_run_waiting_backfill ON public.dag_run USING btree (dag_id, backfill_id) WHERE ((state = 'queued'::text) AND (backfill_id IS NOT NULL));

create table dag_schedule_asset_alias_reference (
  dag_id text not null,
  alias_id bigint not null,
  created_at timestamp with time zone not null default now(),
  constraint dag_schedule_asset_alias_reference_pkey PRIMARY KEY (dag_id, alias_id),
  constraint dag_schedule_asset_alias_reference_alias_id_fkey FOREIGN KEY (alias_id) REFERENCES asset_alias(id) ON DELETE CASCADE,
  constraint dag_schedule_asset_alias_reference_dag_id_fkey FOREIGN KEY (dag_id) REFERENCES dag(dag_id) ON DELETE CASCADE
);
CREATE INDEX dag_schedule_asset_alias_reference_alias ON public.dag_schedule_asset_alias_reference USING btree (alias_id);

create table dag_schedule_asset_name_reference (
  dag_id text not null,
  name text not null,
  created_at timestamp with time zone not null default now(),
  constraint dag_schedule_asset_name_reference_pkey PRIMARY KEY (dag_id, name),
  constraint dag_schedule_asset_name_reference_dag_id_fkey FOREIGN KEY (dag_id) REFERENCES dag(dag_id) ON DELETE CASCADE
);
CREATE INDEX dag_schedule_asset_name_reference_name ON public.dag_schedule_asset_name_reference USING btree (name);

create table dag_schedule_asset_reference (
  dag_id text not null,
  asset_id bigint not null,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint dag_schedule_asset_reference_pkey PRIMARY KEY (dag_id, asset_id),
  constraint dag_schedule_asset_reference_asset_id_fkey FOREIGN KEY (asset_id) REFERENCES asset(id) ON DELETE CASCADE,
  constraint dag_schedule_asset_reference_dag_id_fkey FOREIGN KEY (dag_id) REFERENCES dag(dag_id) ON DELETE CASCADE
);
CREATE INDEX dag_schedule_asset_reference_asset ON public.dag_schedule_asset_reference USING btree (asset_id);

create table dag_schedule_asset_uri_reference (
  dag_id text not null,
  uri text not null,
  created_at timestamp with time zone not null default now(),
  constraint dag_schedule_asset_uri_reference_pkey PRIMARY KEY (dag_id, uri),
  constraint dag_schedule_asset_uri_reference_dag_id_fkey FOREIGN KEY (dag_id) REFERENCES dag(dag_id) ON DELETE CASCADE
);
CREATE INDEX dag_schedule_asset_uri_reference_uri ON public.dag_schedule_asset_uri_reference USING btree (uri);

create table dag_version (
  id uuid not null,
  dag_id text not null,
  version_number integer not null,
  serialized_hash text not null,
  serialized jsonb not null,
  code_hash text not null,
  created_at timestamp with time zone not null default now(),
  constraint dag_version_dag_id_version_number_key UNIQUE (dag_id, version_number),
  constraint dag_version_pkey PRIMARY KEY (id),
  constraint dag_version_code_hash_fkey FOREIGN KEY (code_hash) REFERENCES dag_code(code_hash),
  constraint dag_version_dag_id_fkey FOREIGN KEY (dag_id) REFERENCES dag(dag_id) ON DELETE CASCADE
);
CREATE INDEX dag_version_code ON public.dag_version USING btree (code_hash);

create table dag_warning (
  dag_id text not null,
  warning_type text not null,
  message text not null,
  "timestamp" timestamp with time zone not null default now(),
  constraint dag_warning_pkey PRIMARY KEY (dag_id, warning_type),
  constraint dag_warning_dag_id_fkey FOREIGN KEY (dag_id) REFERENCES dag(dag_id) ON DELETE CASCADE
);

create table dagrun_asset_event (
  dag_run_id bigint not null,
  event_id bigint not null,
  constraint dagrun_asset_event_pkey PRIMARY KEY (dag_run_id, event_id),
  constraint dagrun_asset_event_dag_run_id_fkey FOREIGN KEY (dag_run_id) REFERENCES dag_run(id) ON DELETE CASCADE,
  constraint dagrun_asset_event_event_id_fkey FOREIGN KEY (event_id) REFERENCES asset_event(id) ON DELETE CASCADE
);
CREATE INDEX dagrun_asset_event_event ON public.dagrun_asset_event USING btree (event_id);

create table hitl_detail (
  id bigint not null generated always as identity,
  dag_run_id bigint not null,
  task_id text not null,
  map_index integer not null,
  try_number integer not null,
  subject text not null,
  body text,
  options json not null,
  defaults json,
  multiple boolean not null,
  params json not null,
  assigned_users json not null,
  created_at timestamp with time zone not null default now(),
  responded_at timestamp with time zone,
  responded_by json,
  chosen_options json,
  params_input json,
  constraint hitl_detail_dag_run_id_task_id_map_index_try_number_key UNIQUE (dag_run_id, task_id, map_index, try_number),
  constraint hitl_detail_pkey PRIMARY KEY (id),
  constraint hitl_detail_dag_run_id_fkey FOREIGN KEY (dag_run_id) REFERENCES dag_run(id) ON DELETE CASCADE
);
CREATE INDEX hitl_detail_open ON public.hitl_detail USING btree (created_at) WHERE (responded_at IS NULL);

create table import_error (
  id bigint not null generated always as identity,
  relative_fileloc text not null,
  fileloc text not null,
  stack_trace text not null,
  "timestamp" timestamp with time zone not null default now(),
  constraint import_error_relative_fileloc_key UNIQUE (relative_fileloc),
  constraint import_error_pkey PRIMARY KEY (id)
);

create table job (
  id uuid not null,
  job_type text not null,
  state text not null,
  hostname text not null,
  pid integer not null,
  queues text[] not null default '{}'::text[],
  start_date timestamp with time zone not null default now(),
  end_date timestamp with time zone,
  latest_heartbeat timestamp with time zone not null default now(),
  log_server_port integer,
  slots integer,
  last_full_at timestamp with time zone,
  constraint job_pkey PRIMARY KEY (id)
);
CREATE INDEX job_running ON public.job USING btree (job_type, latest_heartbeat) WHERE (state = 'running'::text);

create table log (
  id bigint not null generated always as identity,
  dttm timestamp with time zone not null default now(),
  event text not null,
  owner text,
  dag_id text,
  run_id text,
  task_id text,
  extra json,
  constraint log_pkey PRIMARY KEY (id)
);

create table migration (
  number integer not null,
  name text not null,
  applied_at timestamp with time zone not null default now(),
  constraint migration_pkey PRIMARY KEY (number)
);

create table pool (
  pool text not null,
  slots integer not null,
  description text,
  include_deferred boolean not null default false,
  constraint pool_pkey PRIMARY KEY (pool),
  constraint pool_slots_check CHECK ((slots >= '-1'::integer))
);

create table rendered_task_instance_fields (
  dag_run_id bigint not null,
  task_id text not null,
  map_index integer not null default '-1'::integer,
  rendered_fields json not null,
  constraint rendered_task_instance_fields_pkey PRIMARY KEY (dag_run_id, task_id, map_index),
  constraint rendered_task_instance_fields_dag_run_id_fkey FOREIGN KEY (dag_run_id) REFERENCES dag_run(id) ON DELETE CASCADE
);

create table sql_functions (
  digest text not null
);

create table task_inlet_asset_reference (
  dag_id text not null,
  task_id text not null,
  asset_id bigint not null,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint task_inlet_asset_reference_pkey PRIMARY KEY (dag_id, task_id, asset_id),
  constraint task_inlet_asset_reference_asset_id_fkey FOREIGN KEY (asset_id) REFERENCES asset(id) ON DELETE CASCADE,
  constraint task_inlet_asset_reference_dag_id_fkey FOREIGN KEY (dag_id) REFERENCES dag(dag_id) ON DELETE CASCADE
);
CREATE INDEX task_inlet_asset_reference_asset ON public.task_inlet_asset_reference USING btree (asset_id);

create table task_instance (
  id uuid not null,
  dag_run_id bigint not null,
  dag_id text not null,
  run_id text not null,
  task_id text not null,
  map_index integer not null default '-1'::integer,
  state text,
  try_number integer not null default 0,
  max_tries integer not null,
  operator text not null,
  pool text not null,
  pool_slots integer not null,
  queue text not null,
  priority_weight integer not null,
  order_date timestamp with time zone not null,
  max_active_tis_per_dag integer,
  max_active_tis_per_dagrun integer,
  lost_tries integer not null default 0,
  scheduled_at timestamp with time zone,
  queued_at timestamp with time zone,
  start_date timestamp with time zone,
  end_date timestamp with time zone,
  due_at timestamp with time zone,
  hostname text,
  pid integer,
  job_id uuid,
  last_heartbeat_at timestamp with time zone,
  rendered_map_index text,
  waiting_since timestamp with time zone,
  next_method text,
  next_kwargs json,
  trigger_kind text,
  trigger_kwargs json,
  trigger_created_at timestamp with time zone,
  trigger_event json,
  trigger_timeout timestamp with time zone,
  triggerer_id uuid,
  note text,
  requeues integer not null default 0,
  constraint task_instance_dag_run_id_task_id_map_index_key UNIQUE (dag_run_id, task_id, map_index),
  constraint task_instance_pkey PRIMARY KEY (id),
  constraint task_instance_dag_run_id_fkey FOREIGN KEY (dag_run_id) REFERENCES dag_run(id) ON DELETE CASCADE
);
CREATE INDEX task_instance_dag ON public.task_instance USING btree (dag_id, state);
CREATE INDEX task_instance_due ON public.task_instance USING btree (due_at) WHERE (state = ANY (ARRAY['up_for_retry'::text, 'up_for_reschedule'::text, 'deferred'::text]));
CREATE INDEX task_instance_lane ON public.task_instance USING btree (lane(pool, pool_slots, queue, dag_id, task_id, max_active_tis_per_dag, max_active_tis_per_dagrun), ((- (priority_weight)::bigint)), order_date, dag_run_id, map_index, task_id) WHERE (state = 'scheduled'::text);
CREATE INDEX task_instance_triggerer ON public.task_instance USING btree (triggerer_id) WHERE ((state = 'deferred'::text) AND (trigger_kind <> ALL (ARRAY['time'::text, 'external'::text])));
CREATE INDEX task_instance_unfinished ON public.task_instance USING btree (state) WHERE (state = ANY (ARRAY['scheduled'::text, 'queued'::text, 'running'::text, 'restarting'::text, 'up_for_retry'::text, 'up_for_reschedule'::text, 'deferred'::text]));

create table task_instance_history (
  id uuid not null,
  dag_run_id bigint not null,
  dag_id text not null,
  run_id text not null,
  task_id text not null,
  map_index integer not null,
  state text,
  try_number integer not null,
  queued_at timestamp with time zone,
  start_date timestamp with time zone,
  end_date timestamp with time zone,
  hostname text,
  pid integer,
  constraint task_instance_history_pkey PRIMARY KEY (id),
  constraint task_instance_history_dag_run_id_fkey FOREIGN KEY (dag_run_id) REFERENCES dag_run(id) ON DELETE CASCADE
);
CREATE INDEX task_instance_history_task ON public.task_instance_history USING btree (dag_run_id, task_id, map_index);

create table task_outlet_asset_reference (
  dag_id text not null,
  task_id text not null,
  asset_id bigint not null,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint task_outlet_asset_reference_pkey PRIMARY KEY (dag_id, task_id, asset_id),
  constraint task_outlet_asset_reference_asset_id_fkey FOREIGN KEY (asset_id) REFERENCES asset(id) ON DELETE CASCADE,
  constraint task_outlet_asset_reference_dag_id_fkey FOREIGN KEY (dag_id) REFERENCES dag(dag_id) ON DELETE CASCADE
);
CREATE INDEX task_outlet_asset_reference_asset ON public.task_outlet_asset_reference USING btree (asset_id);

create table variable (
  key text not null,
  value text not null,
  description text,
  is_encrypted boolean not null default false,
  constraint variable_pkey PRIMARY KEY (key)
);

create table xcom (
  dag_run_id bigint not null,
  task_id text not null,
  map_index integer not null default '-1'::integer,
  key text not null,
  value json not null,
  "timestamp" timestamp with time zone not null default now(),
  constraint xcom_pkey PRIMARY KEY (dag_run_id, task_id, map_index, key),
  constraint xcom_dag_run_id_fkey FOREIGN KEY (dag_run_id) REFERENCES dag_run(id) ON DELETE CASCADE
);
