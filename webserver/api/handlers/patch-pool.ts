import { DEFAULT_POOL, storePool } from "#core/database/pools.ts";
import { recordEvent } from "#core/database/record-event.ts";
import type { PoolAnswer } from "../../protocol.ts";
import { ApiError } from "../api-error.ts";
import type { Handler } from "../call.ts";
import { poolOf } from "../find-or-404.ts";
import { fieldsToPatch } from "../read-fields.ts";
import { readPool } from "../read-pool.ts";
import { showPool } from "../show/show-pool.ts";

/** Changes a pool: the fields in the body, or those of them that `update_mask` names. */
export const patchPool: Handler = async (call): Promise<PoolAnswer> => {
  const { db } = call.server;
  const pool = await poolOf(call);
  const next = readPool(call.body);
  if (next.name !== undefined && next.name !== pool.name) {
    throw new ApiError(400, "Invalid body, pool name from request body doesn't match uri parameter");
  }
  const fields = fieldsToPatch(call.body as Record<string, unknown>, call.query);
  if (pool.name === DEFAULT_POOL && fields.has("description")) {
    throw new ApiError(400, "Only slots and included_deferred can be modified on Default Pool");
  }
  const changed = Object.fromEntries(Object.entries(next).filter(([name]) => fields.has(name)));
  const patched = { ...pool, ...changed };
  await storePool(db, patched);
  await recordEvent(db, { event: "patch_pool", extra: { name: pool.name, ...changed } });
  return showPool(patched);
};
