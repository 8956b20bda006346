import type { Cron } from "./cron.ts";
import type { Delta } from "./delta.ts";
import { addSeconds, type DataInterval, isWithin, latestOf, type Ticks, type Timetable } from "./timetable.ts";

/** What the cron timetables of this family say besides their expressions. */
export interface CronTriggerOptions {
  /** Seconds that a run's data interval reaches back from its tick. */
  readonly interval: number;
  /** Whether a DAG without start date and runs takes the last tick at once, or for how many seconds it may. */
  readonly runImmediately: boolean | number;
}

/** A tick that passed no longer ago counts as the first run of a DAG that says nothing of it. */
const LEAST_BUFFER_MS = 5 * 60_000;

/** Runs at the ticks of a cron expression. */
export function cronTrigger(cron: Cron, { interval, runImmediately }: CronTriggerOptions): Timetable {
  const firstRun = (now: Date): Date => {
    const [past, future] = [cron.alignToPrevious(now), cron.alignToNext(now)];
    if (runImmediately === true) return past;
    const gap = future.getTime() - past.getTime();
    const buffer = typeof runImmediately === "number" ? runImmediately * 1000 : Math.max(gap / 10, LEAST_BUFFER_MS);
    return now.getTime() - past.getTime() <= buffer ? past : future;
  };
  return triggerTimetable(cron.expression, cron, interval, firstRun);
}

/** Runs in steps of one length; the first run of a DAG without a start date is at once. */
export function deltaTrigger(delta: Delta, interval: number): Timetable {
  return triggerTimetable(delta.summary, delta, interval, (now) => now);
}

/**
 * The trigger family (`airflow/timetables/trigger.py`): a run is due at its tick, which is its logical date and the
 * end of its data interval.
 */
function triggerTimetable(summary: string, ticks: Ticks, interval: number, firstRun: (now: Date) => Date): Timetable {
  const intervalBefore = (instant: Date): DataInterval => ({ start: addSeconds(instant, -interval), end: instant });
  return {
    summary,
    nextRun(last, restriction, now) {
      const { earliest, catchup } = restriction;
      const following =
        last !== null ? ticks.next(last.end) : earliest === null ? firstRun(now) : ticks.alignToNext(earliest);
      const instant = catchup
        ? following
        : latestOf(following, ticks.alignToPrevious(now), ...(earliest === null ? [] : [ticks.alignToNext(earliest)]));
      if (!isWithin(instant, restriction)) return null;
      return { logicalDate: instant, dataInterval: intervalBefore(instant), runAfter: instant };
    },
    manualInterval: intervalBefore,
  };
}

/**
 * Runs at the ticks of several cron expressions; those that coincide give one run. With catchup the earliest of the
 * timetables' next runs comes next; without, the latest that has passed, or else the earliest to come.
 */
export function multipleCronTrigger(crons: readonly Cron[], options: CronTriggerOptions): Timetable {
  const timetables = crons.map((cron) => cronTrigger(cron, options));
  return {
    summary: crons.map((cron) => cron.expression).join(", "),
    nextRun(last, restriction, now) {
      const runs = timetables.flatMap((timetable) => timetable.nextRun(last, restriction, now) ?? []);
      runs.sort((a, b) => a.logicalDate.getTime() - b.logicalDate.getTime());
      const passed = restriction.catchup ? undefined : runs.findLast((run) => run.logicalDate <= now);
      return passed ?? runs[0] ?? null;
    },
    manualInterval: (runAfter) => timetables[0]!.manualInterval(runAfter),
  };
}
