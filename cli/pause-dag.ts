import { setDagPaused } from "#core/database/dags.ts";
import { recordEvent } from "#core/database/record-event.ts";
import type { ErrorCode } from "#core/errors.ts";
import { requireDag } from "./dag-queries.ts";
import { withDatabase } from "./services.ts";

/** Pauses or unpauses a DAG; the error named when there is none. */
export async function pauseDag(
  dagId: string,
  isPaused: boolean,
  notFound: Extract<ErrorCode, "DAG_NOT_FOUND" | "DAG_NOT_IN_TABLE">,
): Promise<void> {
  await withDatabase(async (db) => {
    await requireDag(db, dagId, notFound);
    await setDagPaused(db, dagId, isPaused);
    await recordEvent(db, { event: isPaused ? "cli_pause" : "cli_unpause", dagId });
  });
}
