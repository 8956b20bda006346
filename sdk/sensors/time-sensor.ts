import type { Operator } from "../operator.ts";
import { isText, type OptionRules, readOptions } from "../operators/options.ts";
import { readTimezone } from "../time-zone.ts";
import { fromNaive, toNaive } from "../zoned-time.ts";
import { momentSensor } from "./date-time-sensor.ts";
import { startOf } from "./run-sensor.ts";
import { SENSOR_RULES, type SensorOptions, sensorOptions } from "./sensor-options.ts";

export interface TimeSensorOptions extends SensorOptions {
  /** The time of day to wait for, `14:30` or `14:30:15`, on the day on which the wait began. */
  targetTime: string;
  /** The IANA time zone of the time. @default "UTC" */
  timezone?: string;
}

const DAY_MS = 86_400_000;
const TIME = /^([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/;

const RULES: OptionRules<TimeSensorOptions> = {
  ...SENSOR_RULES,
  targetTime: [(value) => typeof value === "string" && TIME.test(value), 'must be a time of day such as "14:30"'],
  timezone: isText,
};

/** Waits until a time of day; at once over when it has passed today (Airflow's TimeSensor). */
export function timeSensor(options: TimeSensorOptions): Operator<void, undefined> {
  const { targetTime, timezone, ...rest } = readOptions("timeSensor", options, RULES, ["targetTime"]);
  const zone = readTimezone('timeSensor(...) option "timezone"', timezone ?? "UTC");
  return momentSensor({ operatorName: "TimeSensor", label: "timeSensor" }, rest, () =>
    timeOfDay(targetTime, zone, startOf({ ...sensorOptions(rest), deferrable: true })),
  );
}

/** The moment at which the clocks of a zone show a time, on the day that they show at another moment. */
export function timeOfDay(time: string, zone: string, at: Date): Date {
  const [, hours, minutes, seconds = "0"] = TIME.exec(time)!;
  const today = Math.floor(toNaive(at, zone) / DAY_MS) * DAY_MS;
  return fromNaive(today + ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000, zone);
}
