import type { Queryable } from "#core/database/connect.ts";
import { pruneRenderedFields } from "#core/database/rendered-fields.ts";
import type { ClaimedTry } from "#core/database/tries.ts";

/** Keeps what is stored of rendered fields from growing; asks the database once a run, not once a try. */
export type PruneFields = (db: Queryable, run: Pick<ClaimedTry, "dagId" | "dagRunId">) => Promise<void>;

/** @param runsToKeep `[core] max_num_rendered_ti_fields_per_task`; 0: all */
export function pruneOncePerRun(runsToKeep: number): PruneFields {
  const lastRuns = new Map<string, number>();
  return async (db, { dagId, dagRunId }) => {
    if (runsToKeep === 0 || lastRuns.get(dagId) === dagRunId) return;
    await pruneRenderedFields(db, dagId, runsToKeep);
    lastRuns.set(dagId, dagRunId);
  };
}
