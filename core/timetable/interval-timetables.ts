import type { Cron } from "./cron.ts";
import type { Delta } from "./delta.ts";
import { isWithin, latestOf, type Ticks, type Timetable } from "./timetable.ts";

/**
 * The data-interval family (`airflow/timetables/interval.py`): a run is due at the end of its interval, and its
 * logical date is the interval's start.
 */
interface IntervalSchedule {
  readonly summary: string;
  readonly ticks: Ticks;
  /** Without catchup: the start of the latest interval that is complete. */
  readonly latestStart: (now: Date) => Date;
  /** Where the interval of a manual run ends. */
  readonly manualEnd: (runAfter: Date) => Date;
}

export function cronDataInterval(cron: Cron): Timetable {
  return dataIntervalTimetable({
    summary: cron.expression,
    ticks: cron,
    latestStart(now) {
      const last = cron.previous(now);
      // On a tick, the interval that ends just now is complete.
      return cron.next(last).getTime() === now.getTime() ? last : cron.previous(last);
    },
    manualEnd: (runAfter) => cron.alignToPrevious(runAfter),
  });
}

export function deltaDataInterval(delta: Delta): Timetable {
  return dataIntervalTimetable({
    summary: delta.summary,
    ticks: delta,
    latestStart: (now) => delta.previous(delta.roundDown(now)),
    manualEnd: (runAfter) => runAfter,
  });
}

function dataIntervalTimetable({ summary, ticks, latestStart, manualEnd }: IntervalSchedule): Timetable {
  return {
    summary,
    nextRun(last, restriction, now) {
      const candidates = [
        ...(restriction.catchup ? [] : [latestStart(now)]),
        ...(restriction.earliest === null ? [] : [ticks.alignToNext(restriction.earliest)]),
        // Aligned down, so that a schedule that has changed goes on from a tick of its own and leaves nothing out.
        ...(last === null ? [] : [ticks.alignToPrevious(last.end)]),
      ];
      if (candidates.length === 0) return null;
      const start = latestOf(...candidates);
      if (!isWithin(start, restriction)) return null;
      const end = ticks.next(start);
      return { logicalDate: start, dataInterval: { start, end }, runAfter: end };
    },
    manualInterval(runAfter) {
      const end = manualEnd(runAfter);
      return { start: ticks.previous(end), end };
    },
  };
}
