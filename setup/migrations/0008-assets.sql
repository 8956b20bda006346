-- Assets: data that tasks bring up to date and that DAGs wait for. Words and columns are Airflow's where Airflow has
-- them.

-- Kept for ever, because events and state refer to it; what no DAG declares any more counts as inactive.
create table asset (
  id bigint generated always as identity primary key,
  name text not null,
  uri text not null,
  "group" text not null,
  extra json not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (name, uri)
);
create index asset_uri on asset (uri);

-- A name for assets that a task adds while it runs.
create table asset_alias (
  id bigint generated always as identity primary key,
  name text not null unique,
  "group" text not null
);

-- The assets that have had an event under an alias.
create table asset_alias_asset (
  alias_id bigint not null references asset_alias on delete cascade,
  asset_id bigint not null references asset on delete cascade,
  primary key (alias_id, asset_id)
);
create index asset_alias_asset_asset on asset_alias_asset (asset_id);

-- That an asset was brought up to date: by a task, or (without a source) by a user.
create table asset_event (
  id bigint generated always as identity primary key,
  asset_id bigint not null references asset on delete cascade,
  extra json not null default '{}',
  source_task_id text,
  source_dag_id text,
  source_run_id text,
  source_map_index integer not null default -1,
  timestamp timestamptz not null default now()
);
create index asset_event_asset on asset_event (asset_id, timestamp);
create index asset_event_timestamp on asset_event (timestamp);

create table asset_alias_asset_event (
  alias_id bigint not null references asset_alias on delete cascade,
  event_id bigint not null references asset_event on delete cascade,
  primary key (alias_id, event_id)
);
create index asset_alias_asset_event_event on asset_alias_asset_event (event_id);

-- What a DAG is scheduled on: assets, aliases, and assets that are declared elsewhere, by name or URI.
create table dag_schedule_asset_reference (
  dag_id text not null references dag on delete cascade,
  asset_id bigint not null references asset on delete cascade,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (dag_id, asset_id)
);
create index dag_schedule_asset_reference_asset on dag_schedule_asset_reference (asset_id);

create table dag_schedule_asset_alias_reference (
  dag_id text not null references dag on delete cascade,
  alias_id bigint not null references asset_alias on delete cascade,
  created_at timestamptz not null default now(),
  primary key (dag_id, alias_id)
);
create index dag_schedule_asset_alias_reference_alias on dag_schedule_asset_alias_reference (alias_id);

create table dag_schedule_asset_name_reference (
  dag_id text not null references dag on delete cascade,
  name text not null,
  created_at timestamptz not null default now(),
  primary key (dag_id, name)
);
create index dag_schedule_asset_name_reference_name on dag_schedule_asset_name_reference (name);

create table dag_schedule_asset_uri_reference (
  dag_id text not null references dag on delete cascade,
  uri text not null,
  created_at timestamptz not null default now(),
  primary key (dag_id, uri)
);
create index dag_schedule_asset_uri_reference_uri on dag_schedule_asset_uri_reference (uri);

create table task_outlet_asset_reference (
  dag_id text not null references dag on delete cascade,
  task_id text not null,
  asset_id bigint not null references asset on delete cascade,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (dag_id, task_id, asset_id)
);
create index task_outlet_asset_reference_asset on task_outlet_asset_reference (asset_id);

create table task_inlet_asset_reference (
  dag_id text not null references dag on delete cascade,
  task_id text not null,
  asset_id bigint not null references asset on delete cascade,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (dag_id, task_id, asset_id)
);
create index task_inlet_asset_reference_asset on task_inlet_asset_reference (asset_id);

-- The events that a DAG has not had a run for: one row an event, so that a run takes exactly what it was created for,
-- and what comes at the same time is left for the next one.
create table asset_dag_run_queue (
  target_dag_id text not null references dag on delete cascade,
  event_id bigint not null references asset_event on delete cascade,
  asset_id bigint not null references asset on delete cascade,
  created_at timestamptz not null default now(),
  primary key (target_dag_id, event_id)
);
create index asset_dag_run_queue_asset on asset_dag_run_queue (asset_id);
create index asset_dag_run_queue_event on asset_dag_run_queue (event_id);

-- The events that a run was created for.
create table dagrun_asset_event (
  dag_run_id bigint not null references dag_run on delete cascade,
  event_id bigint not null references asset_event on delete cascade,
  primary key (dag_run_id, event_id)
);
create index dagrun_asset_event_event on dagrun_asset_event (event_id);

-- Values that tasks keep with an asset. json, not jsonb: what was stored comes back to the letter.
create table asset_state (
  asset_id bigint not null references asset on delete cascade,
  key text not null,
  value json not null,
  updated_at timestamptz not null default now(),
  primary key (asset_id, key)
);

-- What a DAG is scheduled on, in Airflow's form: {"all": [{"asset": {"uri", "name", "group"}}, …]}; null: no assets.
alter table dag add column asset_expression jsonb;
