import type { Operator } from "../operator.ts";
import { type OptionRules, readOptions } from "../operators/options.ts";
import { timeTrigger } from "../triggers/trigger.ts";
import { sensorOperator } from "./sensor-operator.ts";
import { SENSOR_RULES, type SensorOptions, sensorOptions } from "./sensor-options.ts";

export interface DateTimeSensorOptions extends SensorOptions {
  /** The moment to wait for: a Date, or ISO text with an offset. */
  targetTime: Date | string;
}

const RULES: OptionRules<DateTimeSensorOptions> = {
  ...SENSOR_RULES,
  targetTime: [
    (value) => !Number.isNaN(dateOf(value as Date | string).getTime()),
    "must be a valid Date or an ISO date with an offset",
  ],
};

/** Waits until a moment (Airflow's DateTimeSensor; with `deferrable`, DateTimeSensorAsync). */
export function dateTimeSensor(options: DateTimeSensorOptions): Operator<void, undefined> {
  const { targetTime, ...rest } = readOptions("dateTimeSensor", options, RULES, ["targetTime"]);
  return momentSensor("DateTimeSensor", "dateTimeSensor", rest, () => dateOf(targetTime));
}

/** A sensor that waits for a moment, which is known when the task runs. */
export function momentSensor(
  operatorName: string,
  label: string,
  options: SensorOptions,
  moment: () => Date,
): Operator<void, undefined> {
  return sensorOperator<void, undefined>({
    operatorName,
    label,
    takesNoInputs: true,
    options: sensorOptions(options),
    poke() {
      const date = moment();
      console.log(`Checking if the time (${date.toISOString()}) has come`);
      return Date.now() >= date.getTime();
    },
    trigger: () => timeTrigger(moment()),
  });
}

/** A text needs an offset: without one it would mean another moment on another machine. */
function dateOf(value: Date | string): Date {
  if (value instanceof Date) return value;
  const isWhole =
    typeof value === "string" && /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d))?$/.test(value);
  return new Date(isWhole ? value : Number.NaN);
}
