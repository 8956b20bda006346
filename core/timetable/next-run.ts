import type { SerializedDagFields } from "#sdk/serialized-dag.ts";
import { type DataInterval, type NextRun, readTimetable } from "./timetable.ts";

/**
 * When a DAG's next scheduled run is due, or null.
 * @param last the data interval of the DAG's last scheduled run
 * @param catchupByDefault `[scheduler] catchup_by_default`
 */
export function nextRunOf(
  dag: SerializedDagFields,
  last: DataInterval | null,
  catchupByDefault: boolean,
  now: Date,
): NextRun | null {
  const restriction = {
    earliest: fromSeconds(dag.start_date),
    latest: fromSeconds(dag.end_date),
    catchup: dag.catchup ?? catchupByDefault,
  };
  return readTimetable(dag.timetable).nextRun(last, restriction, now);
}

function fromSeconds(seconds: number | undefined): Date | null {
  return seconds === undefined ? null : new Date(seconds * 1000);
}
