import { type BackfillRow, cancelBackfill, findBackfill, setBackfillPaused } from "#core/database/backfills.ts";
import { recordEvent } from "#core/database/record-event.ts";
import type { BackfillAnswer } from "../../protocol.ts";
import { ApiError } from "../api-error.ts";
import type { Call, Handler } from "../call.ts";
import { backfillOf } from "../find-or-404.ts";
import { showBackfill } from "../show/show-backfill.ts";

export const pauseBackfill = changeBackfill("pause_backfill", ({ server }, { id }) =>
  setBackfillPaused(server.db, id, true),
);

export const unpauseBackfill = changeBackfill("unpause_backfill", ({ server }, { id }) =>
  setBackfillPaused(server.db, id, false),
);

export const cancelBackfillHandler = changeBackfill("cancel_backfill", ({ server }, { id }) =>
  cancelBackfill(server.db, id),
);

/** @param change returns false when the backfill is over */
function changeBackfill(event: string, change: (call: Call, backfill: BackfillRow) => Promise<boolean>): Handler {
  return async (call): Promise<BackfillAnswer> => {
    const backfill = await backfillOf(call);
    const { db } = call.server;
    if (!(await change(call, backfill))) throw new ApiError(409, "Backfill is already completed.");
    await recordEvent(db, { event, dagId: backfill.dag_id, extra: { backfill_id: backfill.id } });
    return showBackfill((await findBackfill(db, backfill.id)) ?? backfill);
  };
}
