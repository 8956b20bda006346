import type { RunRow } from "#core/database/console-runs.ts";
import { findRun, requireDag } from "./dag-queries.ts";
import { withDatabase } from "./services.ts";

/** A DAG's run by its id or logical date; undefined when there is none. */
export async function findRunOfDag(dagId: string, idOrDate: string): Promise<RunRow | undefined> {
  return withDatabase(async (db) => {
    await requireDag(db, dagId);
    return findRun(db, dagId, idOrDate);
  });
}
