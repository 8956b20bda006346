import { type AssetExpression, assetAll, isAssetExpression } from "./asset-expression.ts";
import { encodeCondition, type SerializedAssetCondition } from "./encode-asset.ts";
import { resolveHashedFields } from "./hashed-cron.ts";
import { isoDate } from "./iso-date.ts";
import { isPlainObject } from "./json.ts";
import { readTimezone } from "./time-zone.ts";
import type { CronTriggerOptions, Timetable } from "./timetables.ts";

interface CronTriggerFields {
  readonly timezone: string;
  /** Seconds. */
  readonly interval: number;
  /** Whether the last tick is taken at once, or for how many seconds it may be. */
  readonly run_immediately: boolean | number;
}

/** A timetable in Airflow's serialized form. */
export type SerializedTimetable =
  | SerializedTimeTimetable
  | {
      readonly __type: "airflow.timetables.simple.AssetTriggeredTimetable";
      readonly __var: { readonly asset_condition: SerializedAssetCondition };
    }
  | {
      readonly __type: "airflow.timetables.assets.AssetOrTimeSchedule";
      readonly __var: {
        readonly asset_condition: SerializedAssetCondition;
        readonly timetable: SerializedTimeTimetable;
      };
    };

/** A timetable that no asset has a part in. */
export type SerializedTimeTimetable =
  | { readonly __type: "airflow.timetables.simple.NullTimetable"; readonly __var: Record<string, never> }
  | { readonly __type: "airflow.timetables.simple.OnceTimetable"; readonly __var: Record<string, never> }
  | { readonly __type: "airflow.timetables.simple.ContinuousTimetable"; readonly __var: Record<string, never> }
  | {
      readonly __type: "airflow.timetables.trigger.CronTriggerTimetable";
      readonly __var: CronTriggerFields & { readonly expression: string };
    }
  | {
      readonly __type: "airflow.timetables.trigger.MultipleCronTriggerTimetable";
      readonly __var: CronTriggerFields & { readonly expressions: readonly string[] };
    }
  | {
      readonly __type: "airflow.timetables.interval.CronDataIntervalTimetable";
      readonly __var: { readonly expression: string; readonly timezone: string };
    }
  | {
      readonly __type: "airflow.timetables.trigger.DeltaTriggerTimetable";
      readonly __var: { readonly delta: number; readonly interval: number };
    }
  | {
      readonly __type: "airflow.timetables.interval.DeltaDataIntervalTimetable";
      readonly __var: { readonly delta: number };
    }
  | {
      readonly __type: "airflow.timetables.events.EventsTimetable";
      readonly __var: {
        /** ISO 8601, ascending. */
        readonly event_dates: readonly string[];
        readonly restrict_to_events: boolean;
        readonly description: string;
        readonly _summary: string;
      };
    };

/** What the configuration says of schedules that do not say it themselves. */
export interface ScheduleSettings {
  /** `[core] default_timezone` @default "UTC" */
  readonly timezone: string;
  /** `[scheduler] create_cron_data_intervals`, for cron expressions and presets. @default false */
  readonly cronDataIntervals: boolean;
  /** `[scheduler] create_delta_data_intervals`, for `delta(…)`. @default false */
  readonly deltaDataIntervals: boolean;
}

export const DEFAULT_SCHEDULE_SETTINGS: ScheduleSettings = {
  timezone: "UTC",
  cronDataIntervals: false,
  deltaDataIntervals: false,
};

/** Airflow's presets, with croniter's two other names, and the cron expressions they stand for. */
export const CRON_PRESETS: Readonly<Record<string, string>> = {
  "@hourly": "0 * * * *",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@weekly": "0 0 * * 0",
  "@monthly": "0 0 1 * *",
  "@quarterly": "0 0 1 */3 *",
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
};

const VALUE = "(?:\\*|\\d+|[A-Za-z]{3}|[Ll]\\d?)";
const ITEM = `(?:${VALUE}(?:-${VALUE})?(?:/\\d+)?(?:#\\d)?|[HhRr](?:\\(\\d+-\\d+\\))?(?:/\\d+)?)`;
const CRON_FIELD = new RegExp(`^(?:[\\d*,/?LW#-]+|${ITEM}(?:,${ITEM})*)$`);

/**
 * Reads what a user may write as `schedule` and gives the serialized timetable. Cron is in croniter's syntax: a sixth
 * field is seconds, last. Checks the shape only: the DAG processor also checks the ranges.
 * @param settings with the DAG's own time zone when it has one
 */
export function parseSchedule(
  dagId: string,
  schedule: unknown,
  settings: ScheduleSettings = DEFAULT_SCHEDULE_SETTINGS,
): SerializedTimetable {
  if (schedule === undefined || schedule === null)
    return { __type: "airflow.timetables.simple.NullTimetable", __var: {} };
  const assets = readAssetSchedule(dagId, schedule);
  if (assets !== undefined) {
    return {
      __type: "airflow.timetables.simple.AssetTriggeredTimetable",
      __var: { asset_condition: encodeCondition(`schedule for Dag "${dagId}"`, assets) },
    };
  }
  if (isPlainObject(schedule) && schedule.timetable === "assetOrTime") {
    const { time, assets } = schedule as unknown as Extract<Timetable, { timetable: "assetOrTime" }>;
    return {
      __type: "airflow.timetables.assets.AssetOrTimeSchedule",
      __var: {
        asset_condition: encodeCondition(`schedule for Dag "${dagId}"`, assets),
        timetable: parseTimeSchedule(dagId, time, settings),
      },
    };
  }
  return parseTimeSchedule(dagId, schedule, settings);
}

/** The assets that a schedule consists of; an array means all of them, as in Airflow. */
export function readAssetSchedule(dagId: string, schedule: unknown): AssetExpression | undefined {
  if (isAssetExpression(schedule)) return schedule;
  if (!Array.isArray(schedule)) return undefined;
  if (schedule.length === 0) throw new Error(`schedule for Dag "${dagId}" is an empty array; leave it unset instead`);
  if (!schedule.every(isAssetExpression)) throw new Error("all elements in 'schedule' must be assets");
  return assetAll(...schedule);
}

function parseTimeSchedule(dagId: string, schedule: unknown, settings: ScheduleSettings): SerializedTimeTimetable {
  if (isPlainObject(schedule) && "timetable" in schedule) {
    return serializeTimetable(dagId, schedule as unknown as Timetable, settings);
  }
  if (typeof schedule !== "string") throw notASchedule(dagId);
  const text = schedule.trim();
  if (text === "") throw new Error(`schedule for Dag "${dagId}" is empty; leave it unset for a Dag with no schedule`);
  if (text === "@once") return { __type: "airflow.timetables.simple.OnceTimetable", __var: {} };
  if (text === "@continuous") return { __type: "airflow.timetables.simple.ContinuousTimetable", __var: {} };
  const timetable = settings.cronDataIntervals ? "cronDataInterval" : "cronTrigger";
  return serializeTimetable(dagId, { timetable, expression: text }, settings);
}

function serializeTimetable(dagId: string, given: Timetable, settings: ScheduleSettings): SerializedTimeTimetable {
  const cron = (expression: string) => cronExpression(dagId, expression);
  switch (given.timetable) {
    case "cronTrigger": {
      const { timezone, ...rest } = triggerFields(dagId, given, settings);
      return {
        __type: "airflow.timetables.trigger.CronTriggerTimetable",
        __var: { expression: cron(given.expression), timezone, ...rest },
      };
    }
    case "multipleCronTrigger":
      return {
        __type: "airflow.timetables.trigger.MultipleCronTriggerTimetable",
        __var: { expressions: given.expressions.map(cron), ...triggerFields(dagId, given, settings) },
      };
    case "cronDataInterval":
      return {
        __type: "airflow.timetables.interval.CronDataIntervalTimetable",
        __var: { expression: cron(given.expression), timezone: zoneOf(dagId, given.timezone, settings) },
      };
    case "deltaTrigger":
      return {
        __type: "airflow.timetables.trigger.DeltaTriggerTimetable",
        __var: { delta: given.delta, interval: given.interval ?? 0 },
      };
    case "deltaDataInterval":
      return {
        __type: "airflow.timetables.interval.DeltaDataIntervalTimetable",
        __var: { delta: given.delta },
      };
    case "delta": {
      const timetable = settings.deltaDataIntervals ? "deltaDataInterval" : "deltaTrigger";
      return serializeTimetable(dagId, { timetable, delta: given.delta }, settings);
    }
    case "events":
      return serializeEvents(given);
    default:
      throw notASchedule(dagId);
  }
}

function triggerFields(dagId: string, options: CronTriggerOptions, settings: ScheduleSettings): CronTriggerFields {
  return {
    timezone: zoneOf(dagId, options.timezone, settings),
    interval: options.interval ?? 0,
    run_immediately: options.runImmediately ?? false,
  };
}

function zoneOf(dagId: string, timezone: string | undefined, settings: ScheduleSettings): string {
  return readTimezone(`timezone for Dag "${dagId}"`, timezone ?? settings.timezone);
}

function serializeEvents(given: Extract<Timetable, { timetable: "events" }>): SerializedTimeTimetable {
  const dates = [...given.dates].sort((a, b) => a.getTime() - b.getTime()).map(isoDate);
  const count = `${dates.length} ${dates.length === 1 ? "event" : "events"}`;
  const described = dates.length === 0 ? "No events" : `${count} between ${dates[0]} and ${dates.at(-1)}`;
  return {
    __type: "airflow.timetables.events.EventsTimetable",
    __var: {
      event_dates: dates,
      restrict_to_events: given.restrictToEvents ?? false,
      description: given.description ?? described,
      _summary: given.description ?? count,
    },
  };
}

function notASchedule(dagId: string): Error {
  return new Error(
    `schedule for Dag "${dagId}" must be "@once", "@continuous", or a cron expression; ` +
      "an object schedule names a Python object this SDK cannot serialize",
  );
}

function cronExpression(dagId: string, given: string): string {
  const text = typeof given === "string" ? given.trim() : String(given);
  const preset = CRON_PRESETS[text];
  if (preset !== undefined) return preset;
  const fields = text.split(/\s+/);
  if ((fields.length === 5 || fields.length === 6) && fields.every((field) => CRON_FIELD.test(field))) {
    return resolveHashedFields(dagId, text);
  }
  throw new Error(
    `schedule "${text}" for Dag "${dagId}" is not a cron expression or a preset ` +
      "(@hourly, @daily, @weekly, @monthly, @quarterly, @yearly, @once, @continuous); " +
      "a schedule the scheduler cannot parse would leave the Dag unschedulable",
  );
}
