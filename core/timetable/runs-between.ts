import type { NextRun, TimeRestriction, Timetable } from "./timetable.ts";

export interface RunRange {
  /** The first and the last logical date, inclusive. */
  readonly from: Date;
  readonly to: Date;
  readonly now: Date;
  /** The listing ends after so many runs. */
  readonly limit: number;
}

/**
 * The runs that a schedule has between two logical dates, oldest first, as far as their data intervals are over
 * (`SerializedDAG.iter_dagrun_infos_between` and `_get_info_list` of `airflow/models/backfill.py`).
 */
export function runsBetween(timetable: Timetable, { from, to, now, limit }: RunRange): NextRun[] {
  const restriction: TimeRestriction = { earliest: from, latest: to, catchup: true };
  const runs: NextRun[] = [];
  let run = timetable.nextRun(null, restriction, now);
  // Intervals follow each other, so behind one that is not over none is.
  while (run !== null && run.dataInterval.end < now && runs.length < limit) {
    runs.push(run);
    run = timetable.nextRun(run.dataInterval, restriction, now);
  }
  return runs;
}
