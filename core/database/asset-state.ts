import type { AssetAddress } from "#sdk/asset-state.ts";
import type { Queryable } from "./connect.ts";

/** A value that tasks keep with an asset, as JSON text; null when there is none, or no such active asset. */
export async function findAssetState(db: Queryable, asset: AssetAddress, key: string): Promise<string | null> {
  const { rows } = await db.query<{ value: string }>({
    name: "find-asset-state",
    text: "select value::text as value from asset_state where asset_id = find_asset($1, $2) and key = $3",
    values: [...partsOf(asset), key],
  });
  return rows[0]?.value ?? null;
}

/** Why a value is not stored; no active asset, or the try is over. */
export type StateRefusal = "ASSET_NOT_FOUND" | "TRY_HAS_ENDED";

/**
 * Stores a value, given as JSON text, in place of an earlier one, on behalf of a try that is still running.
 * @returns null, or why it was not stored: what a try does after it has ended must not undo what came after it
 */
export async function storeAssetState(
  db: Queryable,
  tryId: string,
  asset: AssetAddress,
  key: string,
  value: string,
): Promise<StateRefusal | null> {
  const { rows } = await db.query<{ isFound: boolean; isRunning: boolean }>({
    name: "store-asset-state",
    text: `with asset as (select find_asset($1, $2) as id),
                asking as (select exists (select from task_instance where id = $5 and state = 'running') as is_running),
                stored as (
                  insert into asset_state (asset_id, key, value)
                  select asset.id, $3, $4::json from asset, asking where asset.id is not null and is_running
                  on conflict (asset_id, key) do update set value = excluded.value, updated_at = now()
                )
           select asset.id is not null as "isFound", is_running as "isRunning" from asset, asking`,
    values: [...partsOf(asset), key, value, tryId],
  });
  const { isFound, isRunning } = rows[0]!;
  if (!isRunning) return "TRY_HAS_ENDED";
  return isFound ? null : "ASSET_NOT_FOUND";
}

/** Deletes a value (all values of the asset when the key is null) on behalf of a try that is still running. */
export async function deleteAssetState(
  db: Queryable,
  tryId: string,
  asset: AssetAddress,
  key: string | null,
): Promise<void> {
  await db.query({
    name: "delete-asset-state",
    text: `delete from asset_state where asset_id = find_asset($1, $2) and ($3::text is null or key = $3)
              and exists (select from task_instance where id = $4 and state = 'running')`,
    values: [...partsOf(asset), key, tryId],
  });
}

function partsOf(asset: AssetAddress): [name: string | null, uri: string | null] {
  return "uri" in asset ? [null, asset.uri] : [asset.name, null];
}
