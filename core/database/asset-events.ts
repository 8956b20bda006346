import type { AssetEvent } from "#sdk/client.ts";
import type { Queryable } from "./connect.ts";

/** Which events a task asks for: those that its run was created for, or all of an asset or alias. */
export type AssetEventsOf =
  | { readonly dagRunId: number }
  | { readonly alias: string }
  | { readonly name?: string; readonly uri?: string };

/** Events for a task, the oldest first. */
export async function listTaskAssetEvents(db: Queryable, of: AssetEventsOf): Promise<AssetEvent[]> {
  const [condition, values] = conditionOf(of);
  const { rows } = await db.query<AssetEvent>(
    `select json_build_object('name', a.name, 'uri', a.uri, 'group', a."group") as asset, e.extra, e.timestamp,
            e.source_dag_id as "sourceDagId", e.source_run_id as "sourceRunId", e.source_task_id as "sourceTaskId",
            e.source_map_index as "sourceMapIndex",
            array(select asset_alias.name from asset_alias_asset_event l join asset_alias on asset_alias.id = l.alias_id
                   where l.event_id = e.id order by 1) as aliases
       from asset_event e join asset a on a.id = e.asset_id
      where ${condition} order by e.timestamp, e.id`,
    values,
  );
  return rows;
}

function conditionOf(of: AssetEventsOf): [sql: string, values: unknown[]] {
  if ("dagRunId" in of) {
    return ["e.id in (select event_id from dagrun_asset_event where dag_run_id = $1)", [of.dagRunId]];
  }
  if ("alias" in of) {
    return [
      `e.id in (select l.event_id from asset_alias_asset_event l join asset_alias on asset_alias.id = l.alias_id
                 where asset_alias.name = $1)`,
      [of.alias],
    ];
  }
  if (of.name !== undefined && of.uri !== undefined) return ["a.name = $1 and a.uri = $2", [of.name, of.uri]];
  return ["a.id = find_asset($1, $2)", [of.name ?? null, of.uri ?? null]];
}
