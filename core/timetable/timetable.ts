import type { SerializedTimetable } from "#sdk/schedule.ts";
import { Cron } from "./cron.ts";

export interface DataInterval {
  readonly start: Date;
  readonly end: Date;
}

/** A run that is due, or will be. */
export interface NextRun {
  readonly logicalDate: Date;
  readonly dataInterval: DataInterval;
  /** When it is due. */
  readonly runAfter: Date;
}

/** What a DAG says about when its runs may lie. */
export interface TimeRestriction {
  readonly earliest: Date | null;
  readonly latest: Date | null;
  readonly catchup: boolean;
}

/** Says when the runs of a DAG are due; pure functions of their arguments. */
export interface Timetable {
  /** What lists show as the schedule: `None`, `@once`, `@continuous`, or the cron expression. */
  readonly summary: string;
  /**
   * The run after the last scheduled one, or null when there is none.
   * @param last the data interval of the last scheduled run
   */
  nextRun(last: DataInterval | null, restriction: TimeRestriction, now: Date): NextRun | null;
  /** The data interval of a run that a user starts. */
  manualInterval(runAfter: Date): DataInterval;
}

/** Makes the timetable of a serialized DAG. Throws for a cron expression that is not acceptable. */
export function readTimetable(serialized: SerializedTimetable): Timetable {
  switch (serialized.__type) {
    case "airflow.timetables.simple.NullTimetable":
      return NULL;
    case "airflow.timetables.simple.OnceTimetable":
      return ONCE;
    case "airflow.timetables.simple.ContinuousTimetable":
      return CONTINUOUS;
    case "airflow.timetables.trigger.CronTriggerTimetable":
      return cronTrigger(serialized.__var);
  }
}

const FIRST_RUN_BUFFER_MS = 5 * 60_000;

const exactly = (instant: Date): DataInterval => ({ start: instant, end: instant });
const latestOf = (...dates: readonly Date[]): Date => new Date(Math.max(...dates.map(Number)));
const withinLatest = (instant: Date, { latest }: TimeRestriction): boolean => latest === null || instant <= latest;

const NULL: Timetable = { summary: "None", nextRun: () => null, manualInterval: exactly };

const ONCE: Timetable = {
  summary: "@once",
  nextRun(last, restriction, now) {
    if (last !== null) return null;
    const instant = restriction.earliest ?? now;
    return withinLatest(instant, restriction) ? run(exactly(instant)) : null;
  },
  manualInterval: exactly,
};

/** The next run begins when the last one has ended, which max_active_runs 1 sees to. */
const CONTINUOUS: Timetable = {
  summary: "@continuous",
  nextRun(last, restriction, now) {
    if (restriction.earliest === null) return null;
    const start = last?.end ?? restriction.earliest;
    const end = latestOf(start, restriction.earliest, now);
    if (!withinLatest(end, restriction)) return null;
    // Logical dates are unique, and this one is the interval's start.
    return {
      logicalDate: start,
      dataInterval: { start, end: end > start ? end : new Date(start.getTime() + 1) },
      runAfter: end,
    };
  },
  manualInterval: exactly,
};

type CronTrigger = Extract<SerializedTimetable, { __type: "airflow.timetables.trigger.CronTriggerTimetable" }>["__var"];

function cronTrigger({ expression, timezone, interval, run_immediately }: CronTrigger): Timetable {
  const cron = new Cron(expression, timezone);
  const intervalBefore = (instant: Date): DataInterval => ({
    start: new Date(instant.getTime() - interval * 1000),
    end: instant,
  });
  const following = (last: DataInterval | null, { earliest }: TimeRestriction, now: Date): Date => {
    if (last !== null) return cron.next(last.end);
    return earliest === null ? firstRun(cron, run_immediately, now) : cron.alignToNext(earliest);
  };
  return {
    summary: expression,
    nextRun(last, restriction, now) {
      const next = following(last, restriction, now);
      const instant = restriction.catchup
        ? next
        : latestOf(
            next,
            cron.alignToPrevious(now),
            ...(restriction.earliest === null ? [] : [cron.alignToNext(restriction.earliest)]),
          );
      return withinLatest(instant, restriction) ? run(intervalBefore(instant), instant) : null;
    },
    manualInterval: intervalBefore,
  };
}

/** Without a start date, the tick that has just passed counts when it passed a short while ago. */
function firstRun(cron: Cron, runImmediately: boolean, now: Date): Date {
  const [past, future] = [cron.alignToPrevious(now), cron.alignToNext(now)];
  if (runImmediately) return past;
  const buffer = Math.max((future.getTime() - past.getTime()) / 10, FIRST_RUN_BUFFER_MS);
  return now.getTime() - past.getTime() <= buffer ? past : future;
}

function run(dataInterval: DataInterval, logicalDate = dataInterval.start): NextRun {
  return { logicalDate, dataInterval, runAfter: dataInterval.end };
}
