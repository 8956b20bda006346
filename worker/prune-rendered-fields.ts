import type { Queryable } from "#core/database/connect.ts";
import { pruneRenderedFields } from "#core/database/rendered-fields.ts";
import type { ClaimedTry } from "#core/database/tries.ts";

/** Keeps what is stored of rendered fields from growing; asks the database once for each new run, not once a try. */
export type PruneFields = (db: Queryable, run: Pick<ClaimedTry, "dagId" | "dagRunId">) => Promise<void>;

/** @param runsToKeep `[core] max_num_rendered_ti_fields_per_task`; 0: all */
export function pruneOncePerRun(runsToKeep: number): PruneFields {
  // Of each DAG: its newest run. What is kept is that of the newest ones, so an older one pushes nothing out.
  const newest = new Map<string, number>();
  return async (db, { dagId, dagRunId }) => {
    if (runsToKeep === 0 || dagRunId <= (newest.get(dagId) ?? 0)) return;
    await pruneRenderedFields(db, dagId, runsToKeep);
    newest.set(dagId, Math.max(dagRunId, newest.get(dagId) ?? 0));
  };
}
