import type { AssetEventToEmit } from "#sdk/outlet-events.ts";
import type { DagAssets } from "../assets/dag-assets.ts";
import type { Queryable, Transaction } from "./connect.ts";

/**
 * Stores what a DAG says of assets, in place of what was stored for it. Assets that no DAG names any more stay, with
 * their events, and count as inactive.
 */
export async function storeDagAssets(tx: Transaction, dagId: string, used: DagAssets): Promise<void> {
  await tx.query({
    name: "store-dag-assets",
    text: "select store_dag_assets($1, $2)",
    values: [dagId, JSON.stringify(used)],
  });
}

/** The task instance that brought an asset up to date. */
export interface AssetEventSource {
  readonly dagId: string;
  readonly runId: string;
  readonly taskId: string;
  readonly mapIndex: number;
}

/**
 * Records events, and queues them for the DAGs that wait for the assets; the scheduler is told at commit.
 * @returns the ids of the events; a reference that means no asset has none
 */
export async function emitAssetEvents(
  db: Queryable,
  events: readonly (AssetEventToEmit & Partial<AssetEventSource>)[],
): Promise<number[]> {
  const { rows } = await db.query<{ id: number }>({
    name: "emit-asset-events",
    text: "select emit_asset_events as id from emit_asset_events($1)",
    values: [JSON.stringify(events.map((event) => ({ aliases: [], ...event })))],
  });
  return rows.map(({ id }) => id);
}
