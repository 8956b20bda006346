import { DEFAULT_POOL, deletePool } from "#core/database/pools.ts";
import { recordEvent } from "#core/database/record-event.ts";
import { ApiError } from "../api-error.ts";
import type { Handler } from "../call.ts";
import { poolOf } from "../find-or-404.ts";

export const deletePoolHandler: Handler = async (call): Promise<void> => {
  const { db } = call.server;
  if (call.params.poolName === DEFAULT_POOL) throw new ApiError(400, "Default Pool can't be deleted");
  const { name } = await poolOf(call);
  await deletePool(db, name);
  await recordEvent(db, { event: "delete_pool", extra: { name } });
  call.response.status(204).end();
};
