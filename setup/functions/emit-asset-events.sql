-- Whether a DAG that is in a file declares the asset, or a task has added it to an alias.
create or replace function is_active_asset(the_asset_id bigint) returns boolean language sql stable as $$
  select exists (select from dag_schedule_asset_reference join dag using (dag_id)
                  where asset_id = the_asset_id and not is_stale)
      or exists (select from task_outlet_asset_reference join dag using (dag_id)
                  where asset_id = the_asset_id and not is_stale)
      or exists (select from task_inlet_asset_reference join dag using (dag_id)
                  where asset_id = the_asset_id and not is_stale)
      or exists (select from asset_alias_asset where asset_id = the_asset_id)
$$;

-- The asset that a reference by name or by URI means: the active one that was declared last. Null when there is none.
create or replace function find_asset(the_name text, the_uri text) returns bigint language sql stable as $$
  select id from asset
   where (the_name is null or name = the_name) and (the_uri is null or uri = the_uri) and is_active_asset(id)
   order by updated_at desc, id desc limit 1
$$;

-- The DAGs that are scheduled on an asset, directly or under one of the aliases.
create or replace function dags_waiting_for(the_asset_id bigint, the_name text, the_uri text, alias_ids bigint[])
returns table (dag_id text) language sql stable as $$
  select r.dag_id from dag_schedule_asset_reference r where r.asset_id = the_asset_id
  union select r.dag_id from dag_schedule_asset_alias_reference r where r.alias_id = any (alias_ids)
  union select r.dag_id from dag_schedule_asset_name_reference r where r.name = the_name
  union select r.dag_id from dag_schedule_asset_uri_reference r where r.uri = the_uri
$$;

-- Records events of assets, and queues them for the DAGs that wait for the assets, paused ones too. An asset that is
-- given whole and is not known is created: a task has just added it to an alias. A reference (only the name or only
-- the URI) that means no asset has no event. Returns the ids of the events.
create or replace function emit_asset_events(events json) returns setof bigint language plpgsql volatile as $$
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
