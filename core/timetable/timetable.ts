/** What a run works on: a span of time, or an instant when both are the same. */
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

/** What a DAG says about when its runs may lie; both dates are inclusive. */
export interface TimeRestriction {
  readonly earliest: Date | null;
  readonly latest: Date | null;
  readonly catchup: boolean;
}

/** Says when the runs of a DAG are due; pure functions of their arguments. */
export interface Timetable {
  /** What lists show as the schedule: `None`, `@once`, a cron expression, `Delta: 1 day`. */
  readonly summary: string;
  /**
   * The run after the last scheduled one, or null when there is none.
   * @param last the data interval of the last scheduled run
   */
  nextRun(last: DataInterval | null, restriction: TimeRestriction, now: Date): NextRun | null;
  /** The data interval of a run that a user starts. */
  manualInterval(runAfter: Date): DataInterval;
}

/** Where runs may lie in time: the ticks of a cron expression, or steps of one length from wherever one starts. */
export interface Ticks {
  /** The first tick after an instant. */
  next(instant: Date): Date;
  /** The last tick before an instant. */
  previous(instant: Date): Date;
  /** The instant when it is a tick, else the first one after it. */
  alignToNext(instant: Date): Date;
  /** The instant when it is a tick, else the last one before it. */
  alignToPrevious(instant: Date): Date;
}

export const exactly = (instant: Date): DataInterval => ({ start: instant, end: instant });

export const latestOf = (...dates: readonly Date[]): Date => new Date(Math.max(...dates.map(Number)));

export const isWithin = (instant: Date, { latest }: TimeRestriction): boolean => latest === null || instant <= latest;

export const addSeconds = (instant: Date, seconds: number): Date => new Date(instant.getTime() + seconds * 1000);
