import type { Queryable } from "#core/database/connect.ts";
import { loadSerializedDag } from "#core/database/dag-versions.ts";
import { findRunOfTry } from "#core/database/find-run-of-try.ts";
import { latestWindow } from "#core/timetable/latest-window.ts";
import { readTimetable } from "#core/timetable/read-timetable.ts";
import type { LatestWindow } from "#sdk/dag-runs.ts";
import type { Asking } from "./asking.ts";

/** When the run of a try is the latest of its DAG, as JSON of `LatestWindow`. */
export async function answerLatestWindow(db: Queryable, { dagRunId, dagVersionId }: Asking): Promise<string> {
  const run = await findRunOfTry(db, dagRunId);
  const { dag } = await loadSerializedDag(db, dagVersionId);
  const date = run.logicalDate ?? run.runAfter;
  const interval = { start: run.dataIntervalStart ?? date, end: run.dataIntervalEnd ?? date };
  const window = latestWindow(readTimetable(dag.timetable), interval, run.now);
  return JSON.stringify({
    isManual: run.runType === "manual",
    window: window && { start: window.start.toISOString(), end: window.end.toISOString() },
  } satisfies LatestWindow);
}
