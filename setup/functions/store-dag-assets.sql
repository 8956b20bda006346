-- Stores what a DAG's latest version says of assets, in place of what was stored for it: `used` has its expression,
-- the assets and aliases that it declares, and what it, its tasks' outlets and their inlets refer to.
create or replace function store_dag_assets(the_dag_id text, used json) returns void language plpgsql volatile as $$
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
