import { setDagPaused } from "#core/database/dags.ts";
import { recordEvent } from "#core/database/record-event.ts";
import type { ErrorCode } from "#core/errors.ts";
import type { Console } from "./console.ts";
import { requireDag } from "./dag-queries.ts";
import { withDags } from "./unread-files.ts";

/** Pauses or unpauses a DAG; the error named when there is none. */
export async function pauseDag(
  console: Console,
  dagId: string,
  isPaused: boolean,
  notFound: Extract<ErrorCode, "DAG_NOT_FOUND" | "DAG_NOT_IN_TABLE">,
): Promise<void> {
  await withDags(console, async (db) => {
    await requireDag(db, dagId, notFound);
    await setDagPaused(db, dagId, isPaused);
    await recordEvent(db, { event: isPaused ? "cli_pause" : "cli_unpause", dagId });
  });
}
