import type { Operator } from "../operator.ts";
import { isFlag, isText, type OptionRules, readOptions } from "../operators/options.ts";
import { currentTime, getContext } from "../task-scope.ts";
import { readTimezone } from "../time-zone.ts";
import { sensorOperator } from "./sensor-operator.ts";
import { SENSOR_RULES, type SensorOptions, sensorOptions } from "./sensor-options.ts";

const DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"] as const;
export type WeekDay = (typeof DAYS)[number];

export interface DayOfWeekSensorOptions extends SensorOptions {
  /** The days that end the wait. */
  weekDay: WeekDay | readonly WeekDay[];
  /** Look at the run's logical date instead of the clock. @default false */
  useTaskLogicalDate?: boolean;
  /** The IANA time zone of the day. @default "UTC" */
  timezone?: string;
}

const isDay = (value: unknown): boolean => DAYS.includes(value as WeekDay);

const RULES: OptionRules<DayOfWeekSensorOptions> = {
  ...SENSOR_RULES,
  weekDay: [
    (value) => isDay(value) || (Array.isArray(value) && value.length > 0 && value.every(isDay)),
    `must be one or more of ${DAYS.join(", ")}`,
  ],
  useTaskLogicalDate: isFlag,
  timezone: isText,
};

/** Waits until a day of the week (Airflow's DayOfWeekSensor). */
export function dayOfWeekSensor(options: DayOfWeekSensorOptions): Operator<void, undefined> {
  const { weekDay, useTaskLogicalDate, timezone, ...rest } = readOptions("dayOfWeekSensor", options, RULES, [
    "weekDay",
  ]);
  const zone = readTimezone('dayOfWeekSensor(...) option "timezone"', timezone ?? "UTC");
  const days = [weekDay].flat();
  return sensorOperator<void, undefined>({
    operatorName: "DayOfWeekSensor",
    label: "dayOfWeekSensor",
    takesNoInputs: true,
    options: sensorOptions(rest),
    poke() {
      const date = useTaskLogicalDate ? getContext().logicalDate : currentTime();
      if (date === null) throw new Error(`Run ${getContext().runId} has no logical date whose day could be told`);
      const today = new Intl.DateTimeFormat("en-US", { timeZone: zone, weekday: "long" }).format(date);
      console.log(`Poking until weekday is in ${days.join(", ")}, Today is ${today}`);
      return days.includes(today as WeekDay);
    },
  });
}
