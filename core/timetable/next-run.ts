import type { SerializedDagFields } from "#sdk/serialized-dag.ts";
import { readTimetable } from "./read-timetable.ts";
import type { DataInterval, NextRun, TimeRestriction, Timetable } from "./timetable.ts";

export interface NextRunQuestion {
  readonly dag: SerializedDagFields;
  /** The data interval of the DAG's last scheduled run. */
  readonly last: DataInterval | null;
  /** When the next run was said to be due, the last time that somebody asked. */
  readonly promised: Date | null;
  /** `[scheduler] catchup_by_default` */
  readonly catchupByDefault: boolean;
  readonly now: Date;
}

/**
 * When a DAG's next scheduled run is due, or null.
 *
 * Without catchup the answer moves on with the clock, and whoever asks is always a little late: an event would be
 * over, and steps of one length would drift. So a run that has come due stays the next one, as long as the schedule
 * still has it and no later run has come due as well.
 */
export function nextRunOf({ dag, last, promised, catchupByDefault, now }: NextRunQuestion): NextRun | null {
  if (dag.allowed_run_types?.includes("scheduled") === false) return null;
  const timetable = readTimetable(dag.timetable);
  const restriction = restrictionOf(dag, catchupByDefault);
  const kept =
    promised === null || promised > now || restriction.catchup
      ? null
      : keepPromise(timetable, last, restriction, promised, now);
  return kept ?? timetable.nextRun(last, restriction, now);
}

function keepPromise(
  timetable: Timetable,
  last: DataInterval | null,
  restriction: TimeRestriction,
  promised: Date,
  now: Date,
): NextRun | null {
  const run = timetable.nextRun(last, restriction, promised);
  if (run?.runAfter.getTime() !== promised.getTime()) return null;
  const following = timetable.nextRun(run.dataInterval, restriction, promised);
  return following === null || following.runAfter > now ? run : null;
}

/** A DAG that has no dates of its own takes its tasks' first start, and their last end when each has one. */
function restrictionOf(dag: SerializedDagFields, catchupByDefault: boolean): TimeRestriction {
  const starts = dag.tasks.flatMap((task) => task.__var.start_date ?? []);
  const ends = dag.tasks.flatMap((task) => task.__var.end_date ?? []);
  const allEnd = ends.length > 0 && ends.length === dag.tasks.length;
  return {
    earliest: fromSeconds(dag.start_date ?? (starts.length > 0 ? Math.min(...starts) : undefined)),
    latest: fromSeconds(dag.end_date ?? (allEnd ? Math.max(...ends) : undefined)),
    catchup: dag.catchup ?? catchupByDefault,
  };
}

function fromSeconds(seconds: number | undefined): Date | null {
  return seconds === undefined ? null : new Date(seconds * 1000);
}
