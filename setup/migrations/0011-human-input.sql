-- Questions that tasks ask people. Columns are Airflow's (hitl_detail).

-- One row a try that asked. The task is deferred until the answer resumes it.
create table hitl_detail (
  id bigint generated always as identity primary key,
  dag_run_id bigint not null references dag_run on delete cascade,
  task_id text not null,
  map_index integer not null,
  try_number integer not null,
  subject text not null,
  body text,
  options json not null,
  defaults json,
  multiple boolean not null,
  -- { name: { value, description, schema } }
  params json not null,
  -- [{ id, name }]; empty: everybody may answer.
  assigned_users json not null,
  created_at timestamptz not null default now(),
  responded_at timestamptz,
  -- { id, name }; null: the defaults have answered.
  responded_by json,
  chosen_options json,
  params_input json,
  unique (dag_run_id, task_id, map_index, try_number)
);
create index hitl_detail_open on hitl_detail (created_at) where responded_at is null;
