import { type AssetExpression, assetAll, isAssetExpression } from "./asset-expression.ts";
import { isPlainObject } from "./json.ts";
import { readTimezone } from "./time-zone.ts";

/** When the first run of a DAG without a start date and without runs is. */
export interface FirstRun {
  /**
   * `true`: at the last tick; a number of seconds: at the last tick when that is no longer ago. Else the last tick
   * counts within a tenth of the time to the next one, and at least within five minutes.
   * @default false
   */
  readonly runImmediately?: boolean | number;
}

export interface TriggerOptions {
  /** Seconds that a run's data interval reaches back from its tick. @default 0 */
  readonly interval?: number;
}

export interface ZoneOptions {
  /** The time zone that the cron expression is read in. @default the DAG's `timezone` */
  readonly timezone?: string;
}

export type CronTriggerOptions = TriggerOptions & ZoneOptions & FirstRun;

export interface EventsOptions {
  /** Whether a manual run takes the date of the last event instead of its own. @default false */
  readonly restrictToEvents?: boolean;
  /** What the console shows as the schedule. @default `3 events` */
  readonly description?: string;
}

/** What a DAG may have as `schedule` besides a text: made by the functions of this file. */
export type Timetable =
  | ({ readonly timetable: "cronTrigger"; readonly expression: string } & CronTriggerOptions)
  | ({ readonly timetable: "multipleCronTrigger"; readonly expressions: readonly string[] } & CronTriggerOptions)
  | ({ readonly timetable: "cronDataInterval"; readonly expression: string } & ZoneOptions)
  | ({ readonly timetable: "deltaTrigger"; readonly delta: number } & TriggerOptions)
  | { readonly timetable: "deltaDataInterval"; readonly delta: number }
  | { readonly timetable: "delta"; readonly delta: number }
  | ({ readonly timetable: "events"; readonly dates: readonly Date[] } & EventsOptions)
  | {
      readonly timetable: "assetOrTime";
      readonly time: string | Timetable;
      readonly assets: AssetExpression;
    };

/** Runs at each tick of a cron expression (Airflow's `CronTriggerTimetable`). */
export function cronTrigger(expression: string, options: CronTriggerOptions = {}): Timetable {
  return { timetable: "cronTrigger", expression, ...checkedTrigger("cronTrigger", options) };
}

/** Runs at each tick of any of several cron expressions; ticks that coincide give one run. */
export function multipleCronTrigger(expressions: readonly string[], options: CronTriggerOptions = {}): Timetable {
  if (!Array.isArray(expressions) || expressions.length === 0) {
    throw new Error("multipleCronTrigger takes an array of at least one cron expression");
  }
  return { timetable: "multipleCronTrigger", expressions, ...checkedTrigger("multipleCronTrigger", options) };
}

/**
 * Runs once the interval between two ticks of a cron expression is over; the run's logical date is the interval's
 * start (Airflow's `CronDataIntervalTimetable`).
 */
export function cronDataInterval(expression: string, options: ZoneOptions = {}): Timetable {
  refuseUnknown("cronDataInterval", options, ["timezone"]);
  checkTimezone("cronDataInterval", options.timezone);
  return { timetable: "cronDataInterval", expression, ...options };
}

/** Runs every so many seconds (Airflow's `DeltaTriggerTimetable`). */
export function deltaTrigger(seconds: number, options: TriggerOptions = {}): Timetable {
  refuseUnknown("deltaTrigger", options, ["interval"]);
  checkInterval("deltaTrigger", options.interval);
  return { timetable: "deltaTrigger", delta: checkedDelta("deltaTrigger", seconds), ...options };
}

/** Runs once each interval of so many seconds is over (Airflow's `DeltaDataIntervalTimetable`). */
export function deltaDataInterval(seconds: number): Timetable {
  return { timetable: "deltaDataInterval", delta: checkedDelta("deltaDataInterval", seconds) };
}

/**
 * Every so many seconds, as Airflow's `schedule=timedelta(…)`: `deltaTrigger`, or `deltaDataInterval` where
 * `[scheduler] create_delta_data_intervals` says so.
 */
export function delta(seconds: number): Timetable {
  return { timetable: "delta", delta: checkedDelta("delta", seconds) };
}

/** Runs at the given dates, in whatever order they are; doubles count once (Airflow's `EventsTimetable`). */
export function events(dates: readonly Date[], options: EventsOptions = {}): Timetable {
  refuseUnknown("events", options, ["restrictToEvents", "description"]);
  const isDate = (date: unknown) => date instanceof Date && !Number.isNaN(date.getTime());
  if (!Array.isArray(dates) || !dates.every(isDate)) throw new Error("events takes an array of valid Dates");
  return { timetable: "events", dates, ...options };
}

/**
 * Runs at the times of a schedule, and whenever assets have events as well (Airflow's `AssetOrTimeSchedule`).
 * @param time a cron expression, a preset, or a timetable
 * @param assets an array means all of them
 */
export function assetOrTime(time: string | Timetable, assets: AssetExpression | readonly AssetExpression[]): Timetable {
  if (typeof time !== "string" && !(isPlainObject(time) && "timetable" in time)) {
    throw new Error("assetOrTime takes a cron expression, a preset or a timetable first");
  }
  if (typeof time === "object" && time.timetable === "assetOrTime") throw new Error("cannot nest asset timetables");
  if (!isAssetExpression(assets) && !Array.isArray(assets)) {
    throw new Error("assetOrTime takes an asset, a condition or an array of them second");
  }
  return { timetable: "assetOrTime", time, assets: isAssetExpression(assets) ? assets : assetAll(...assets) };
}

function checkedTrigger(name: string, options: CronTriggerOptions): CronTriggerOptions {
  refuseUnknown(name, options, ["interval", "timezone", "runImmediately"]);
  checkInterval(name, options.interval);
  checkTimezone(name, options.timezone);
  const { runImmediately } = options;
  if (runImmediately !== undefined && typeof runImmediately !== "boolean" && !isDuration(runImmediately)) {
    throw new Error(`runImmediately of ${name} must be a boolean or a duration in seconds, not ${runImmediately}`);
  }
  return options;
}

function checkedDelta(name: string, seconds: unknown): number {
  if (typeof seconds !== "number" || !Number.isFinite(seconds)) {
    throw new Error(`${name} takes a duration in seconds, not ${String(seconds)}`);
  }
  if (seconds <= 0) throw new Error(`schedule interval must be positive, not ${seconds} seconds`);
  if (seconds < 0.001) throw new Error(`schedule interval must be at least a millisecond, not ${seconds} seconds`);
  return seconds;
}

function checkInterval(name: string, interval: unknown): void {
  if (interval === undefined || isDuration(interval)) return;
  throw new Error(`interval of ${name} must be a duration in seconds, not ${String(interval)}`);
}

function checkTimezone(name: string, timezone: unknown): void {
  if (timezone !== undefined) readTimezone(`timezone of ${name}`, timezone);
}

function isDuration(value: unknown): boolean {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

function refuseUnknown(name: string, options: object, known: readonly string[]): void {
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) throw new Error(`Unknown option "${key}" of ${name}`);
  }
}
