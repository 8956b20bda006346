import type { Queryable } from "./connect.ts";

/** An asset, an alias or a reference that a DAG is scheduled on. */
export interface AwaitedAsset {
  readonly dag_id: string;
  /** Null for what is no asset itself. */
  readonly id: number | null;
  readonly name: string | null;
  readonly uri: string | null;
  /** When it had the last event that the DAG has not had a run for; null: it is waited for. */
  readonly last_update: Date | null;
}

/** What DAGs are scheduled on, and what of it has had an event since each DAG's last run. */
export async function listAwaitedAssets(db: Queryable, dagIds: readonly string[]): Promise<AwaitedAsset[]> {
  const { rows } = await db.query<AwaitedAsset>(
    `select r.dag_id, a.id, a.name, a.uri,
            (select max(q.created_at) from asset_dag_run_queue q
              where q.target_dag_id = r.dag_id and q.asset_id = a.id) as last_update
       from dag_schedule_asset_reference r join asset a on a.id = r.asset_id where r.dag_id = any($1)
     union all
     select r.dag_id, null, l.name, null,
            (select max(q.created_at) from asset_dag_run_queue q
               join asset_alias_asset_event e on e.event_id = q.event_id and e.alias_id = l.id
              where q.target_dag_id = r.dag_id)
       from dag_schedule_asset_alias_reference r join asset_alias l on l.id = r.alias_id where r.dag_id = any($1)
     union all
     select r.dag_id, null, r.name, null,
            (select max(q.created_at) from asset_dag_run_queue q join asset a on a.id = q.asset_id
              where q.target_dag_id = r.dag_id and a.name = r.name)
       from dag_schedule_asset_name_reference r where r.dag_id = any($1)
     union all
     select r.dag_id, null, null, r.uri,
            (select max(q.created_at) from asset_dag_run_queue q join asset a on a.id = q.asset_id
              where q.target_dag_id = r.dag_id and a.uri = r.uri)
       from dag_schedule_asset_uri_reference r where r.dag_id = any($1)
      order by 1, 3, 4`,
    [dagIds],
  );
  return rows;
}
