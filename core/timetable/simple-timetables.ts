import { exactly, isWithin, latestOf, type NextRun, type Timetable } from "./timetable.ts";

/** No scheduled runs (`airflow/timetables/simple.py`, as all of this file). */
export const NULL_TIMETABLE: Timetable = { summary: "None", nextRun: () => null, manualInterval: exactly };

/** One run, at the start date or at once, whatever catchup says. */
export const ONCE_TIMETABLE: Timetable = {
  summary: "@once",
  nextRun(last, restriction, now) {
    if (last !== null) return null;
    const instant = restriction.earliest ?? now;
    return isWithin(instant, restriction) ? exactRun(instant) : null;
  },
  manualInterval: exactly,
};

/** The next run begins when the last one has ended, which max_active_runs 1 sees to. */
export const CONTINUOUS_TIMETABLE: Timetable = {
  summary: "@continuous",
  nextRun(last, restriction, now) {
    const start = last?.end ?? restriction.earliest ?? now;
    const end = latestOf(start, restriction.earliest ?? start, now);
    if (!isWithin(end, restriction)) return null;
    // Logical dates are unique, and this one is the interval's start.
    return {
      logicalDate: start,
      dataInterval: { start, end: end > start ? end : new Date(start.getTime() + 1) },
      runAfter: end,
    };
  },
  manualInterval: exactly,
};

/** No runs by time: the events of assets create them. */
export const ASSET_TIMETABLE: Timetable = { summary: "Asset", nextRun: () => null, manualInterval: exactly };

/** A run whose data interval is one instant. */
export function exactRun(instant: Date): NextRun {
  return { logicalDate: instant, dataInterval: exactly(instant), runAfter: instant };
}
