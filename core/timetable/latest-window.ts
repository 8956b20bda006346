import type { DataInterval, Timetable } from "./timetable.ts";

/**
 * When a run is its DAG's latest one: after the window's start, and not after its end. Null when no run comes after
 * it (`LatestOnlyOperator._get_compare_dates`).
 */
export function latestWindow(timetable: Timetable, interval: DataInterval, now: Date): DataInterval | null {
  const justBefore = new Date(interval.end.getTime() - 1);
  const same = timetable.nextRun(interval, { earliest: null, latest: justBefore, catchup: true }, now);
  const next = timetable.nextRun(interval, { earliest: interval.end, latest: null, catchup: true }, now);
  if (next === null) return null;
  return { start: same?.dataInterval.end ?? interval.start, end: next.dataInterval.end };
}
