import type { RunRow } from "#core/database/console-runs.ts";
import type { Console } from "./console.ts";
import { findRun, requireDag } from "./dag-queries.ts";
import { withDags } from "./unread-files.ts";

/** A DAG's run by its id or logical date; undefined when there is none. */
export async function findRunOfDag(console: Console, dagId: string, idOrDate: string): Promise<RunRow | undefined> {
  return withDags(console, async (db) => {
    await requireDag(db, dagId);
    return findRun(db, dagId, idOrDate);
  });
}
