import { findPool, insertPool } from "#core/database/pools.ts";
import { recordEvent } from "#core/database/record-event.ts";
import type { PoolAnswer } from "../../protocol.ts";
import { ApiError, invalid } from "../api-error.ts";
import type { Handler } from "../call.ts";
import { readPool } from "../read-pool.ts";
import { showPool } from "../show/show-pool.ts";

/** Adds a pool. */
export const postPool: Handler = async ({ server: { db }, body, response }): Promise<PoolAnswer> => {
  const { name, slots, description = null, include_deferred = false } = readPool(body);
  if (name === undefined) throw invalid(["body", "name"], "missing", "Field required", body);
  if (slots === undefined) throw invalid(["body", "slots"], "missing", "Field required", body);
  if (!(await insertPool(db, { name, slots, description, include_deferred }))) {
    throw new ApiError(409, `The Pool with name: \`${name}\` already exists`);
  }
  await recordEvent(db, { event: "post_pool", extra: { name, slots, include_deferred } });
  response.status(201);
  // Task instances may have waited for a pool of this name.
  return showPool((await findPool(db, name))!);
};
