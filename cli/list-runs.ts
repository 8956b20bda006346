import { listRuns, type RunRow } from "#core/database/console-runs.ts";
import { RUN_TYPES } from "#core/run-id.ts";
import type { DagRunState } from "#sdk/states.ts";
import { DAG_RUN_STATES } from "#sdk/states.ts";
import type { Console } from "./console.ts";
import { requireDag } from "./dag-queries.ts";
import { withDags } from "./unread-files.ts";

export const STATE_FLAG = { help: "Only list the dag runs in this state", choices: DAG_RUN_STATES } as const;

const MOST = 10_000;

/** A DAG's runs, latest logical date first. */
export function runsOfDag(
  console: Console,
  dagId: string,
  filter: { state?: DagRunState; from?: Date; to?: Date; noBackfill?: boolean } = {},
): Promise<RunRow[]> {
  return withDags(console, async (db) => {
    await requireDag(db, dagId);
    const { rows } = await listRuns(
      db,
      {
        dagId,
        states: filter.state && [filter.state],
        runTypes: filter.noBackfill ? RUN_TYPES.filter((type) => type !== "backfill") : undefined,
        ranges: [
          ...(filter.from ? [{ name: "logical_date", bound: "gte", value: filter.from } as const] : []),
          ...(filter.to ? [{ name: "logical_date", bound: "lte", value: filter.to } as const] : []),
        ],
      },
      { limit: MOST, offset: 0, orderBy: ["-logical_date"] },
    );
    return rows;
  });
}
