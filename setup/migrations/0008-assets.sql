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

-- Whether a DAG that is in a file declares the asset, or a task has added it to an alias.
create function is_active_asset(the_asset_id bigint) returns boolean language sql stable as $$
  select exists (select from dag_schedule_asset_reference join dag using (dag_id)
                  where asset_id = the_asset_id and not is_stale)
      or exists (select from task_outlet_asset_reference join dag using (dag_id)
                  where asset_id = the_asset_id and not is_stale)
      or exists (select from task_inlet_asset_reference join dag using (dag_id)
                  where asset_id = the_asset_id and not is_stale)
      or exists (select from asset_alias_asset where asset_id = the_asset_id)
$$;

-- The asset that a reference by name or by URI means: the active one that was declared last. Null when there is none.
create function find_asset(the_name text, the_uri text) returns bigint language sql stable as $$
  select id from asset
   where (the_name is null or name = the_name) and (the_uri is null or uri = the_uri) and is_active_asset(id)
   order by updated_at desc, id desc limit 1
$$;

-- The DAGs that are scheduled on an asset, directly or under one of the aliases.
create function dags_waiting_for(the_asset_id bigint, the_name text, the_uri text, alias_ids bigint[])
returns table (dag_id text) language sql stable as $$
  select r.dag_id from dag_schedule_asset_reference r where r.asset_id = the_asset_id
  union select r.dag_id from dag_schedule_asset_alias_reference r where r.alias_id = any (alias_ids)
  union select r.dag_id from dag_schedule_asset_name_reference r where r.name = the_name
  union select r.dag_id from dag_schedule_asset_uri_reference r where r.uri = the_uri
$$;

-- Stores what a DAG's latest version says of assets, in place of what was stored for it: `used` has its expression,
-- the assets and aliases that it declares, and what it, its tasks' outlets and their inlets refer to.
create function store_dag_assets(the_dag_id text, used json) returns void language plpgsql volatile as $$
begin
  -- Most DAGs have no assets, and never had any.
  if json_array_length(used -> 'references') = 0 and json_array_length(used -> 'aliases') = 0
     and not exists (select from dag where dag_id = the_dag_id and asset_expression is not null)
     and not exists (select from task_outlet_asset_reference where dag_id = the_dag_id)
     and not exists (select from task_inlet_asset_reference where dag_id = the_dag_id) then
    return;
  end if;
  -- In one order everywhere, so that two transactions cannot wait for each other.
  insert into asset (name, uri, "group", extra)
  select name, uri, "group", extra
    from json_to_recordset(used -> 'assets') as a (name text, uri text, "group" text, extra json) order by name, uri
  on conflict (name, uri) do update set "group" = excluded."group", extra = excluded.extra, updated_at = now()
   where asset."group" <> excluded."group" or asset.extra::jsonb <> excluded.extra::jsonb;
  insert into asset_alias (name, "group")
  select name, "group" from json_to_recordset(used -> 'aliases') as a (name text, "group" text) order by name
  on conflict (name) do update set "group" = excluded."group" where asset_alias."group" <> excluded."group";

  update dag set asset_expression = (used ->> 'expression')::jsonb
   where dag_id = the_dag_id and asset_expression is distinct from (used ->> 'expression')::jsonb;

  with wanted as materialized (
    select distinct r.kind, r.task_id, coalesce(asset.id, asset_alias.id) as id, coalesce(r.ref_name, r.ref_uri) as word
      from json_to_recordset(used -> 'references')
        as r (kind text, task_id text, name text, uri text, alias text, ref_name text, ref_uri text)
      left join asset on asset.name = r.name and asset.uri = r.uri
      left join asset_alias on asset_alias.name = r.alias
  ), left_assets as (
    delete from dag_schedule_asset_reference where dag_id = the_dag_id
       and asset_id not in (select id from wanted where kind = 'asset')
  ), left_aliases as (
    delete from dag_schedule_asset_alias_reference where dag_id = the_dag_id
       and alias_id not in (select id from wanted where kind = 'alias')
  ), left_names as (
    delete from dag_schedule_asset_name_reference where dag_id = the_dag_id
       and name not in (select word from wanted where kind = 'name')
  ), left_uris as (
    delete from dag_schedule_asset_uri_reference where dag_id = the_dag_id
       and uri not in (select word from wanted where kind = 'uri')
  ), left_outlets as (
    delete from task_outlet_asset_reference where dag_id = the_dag_id
       and (task_id, asset_id) not in (select task_id, id from wanted where kind = 'outlet')
  ), left_inlets as (
    delete from task_inlet_asset_reference where dag_id = the_dag_id
       and (task_id, asset_id) not in (select task_id, id from wanted where kind = 'inlet')
  ), assets as (
    insert into dag_schedule_asset_reference (dag_id, asset_id)
    select the_dag_id, id from wanted where kind = 'asset' on conflict do nothing
  ), aliases as (
    insert into dag_schedule_asset_alias_reference (dag_id, alias_id)
    select the_dag_id, id from wanted where kind = 'alias' on conflict do nothing
  ), names as (
    insert into dag_schedule_asset_name_reference (dag_id, name)
    select the_dag_id, word from wanted where kind = 'name' on conflict do nothing
  ), uris as (
    insert into dag_schedule_asset_uri_reference (dag_id, uri)
    select the_dag_id, word from wanted where kind = 'uri' on conflict do nothing
  ), outlets as (
    insert into task_outlet_asset_reference (dag_id, task_id, asset_id)
    select the_dag_id, task_id, id from wanted where kind = 'outlet' on conflict do nothing
  )
  insert into task_inlet_asset_reference (dag_id, task_id, asset_id)
  select the_dag_id, task_id, id from wanted where kind = 'inlet' on conflict do nothing;

  -- What the schedule does not name any more is not waited for.
  delete from asset_dag_run_queue q using asset
   where q.target_dag_id = the_dag_id and asset.id = q.asset_id
     and the_dag_id not in (select dag_id from dags_waiting_for(q.asset_id, asset.name, asset.uri,
                              array(select alias_id from asset_alias_asset_event e where e.event_id = q.event_id)));
end
$$;

-- Records events of assets, and queues them for the DAGs that wait for the assets, paused ones too. An asset that is
-- given whole and is not known is created: a task has just added it to an alias. A reference (only the name or only
-- the URI) that means no asset has no event. Returns the ids of the events.
create function emit_asset_events(events json) returns setof bigint language plpgsql volatile as $$
declare
  event record;
  the_asset asset;
  the_event_id bigint;
  alias_ids bigint[];
begin
  for event in
    select * from json_to_recordset(events)
      as e (name text, uri text, "group" text, "assetExtra" json, extra json, aliases text[],
            "taskId" text, "dagId" text, "runId" text, "mapIndex" integer)
     order by name, uri
  loop
    if event.name is not null and event.uri is not null then
      insert into asset (name, uri, "group", extra)
      values (event.name, event.uri, coalesce(event."group", 'asset'), coalesce(event."assetExtra", '{}'))
      on conflict (name, uri) do nothing;
    end if;
    select * into the_asset from asset
     where id = case when event.name is not null and event.uri is not null
                     then (select id from asset where name = event.name and uri = event.uri)
                     else find_asset(event.name, event.uri) end;
    continue when the_asset.id is null;

    insert into asset_event (asset_id, extra, source_task_id, source_dag_id, source_run_id, source_map_index)
    values (the_asset.id, coalesce(event.extra, '{}'), event."taskId", event."dagId", event."runId",
            coalesce(event."mapIndex", -1))
    returning id into the_event_id;

    insert into asset_alias (name, "group") select alias, 'asset' from unnest(event.aliases) as a (alias) order by alias
    on conflict (name) do nothing;
    alias_ids := array(select id from asset_alias where name = any (event.aliases));
    insert into asset_alias_asset (alias_id, asset_id) select id, the_asset.id from unnest(alias_ids) as a (id)
    on conflict do nothing;
    insert into asset_alias_asset_event (alias_id, event_id) select id, the_event_id from unnest(alias_ids) as a (id);

    insert into asset_dag_run_queue (target_dag_id, event_id, asset_id)
    select waiting.dag_id, the_event_id, the_asset.id
      from dags_waiting_for(the_asset.id, the_asset.name, the_asset.uri, alias_ids) as waiting
      join dag on dag.dag_id = waiting.dag_id and not dag.is_stale;
    return next the_event_id;
  end loop;
  perform pg_notify('daisy_asset', ''), pg_notify('daisy_view', '');
end
$$;
