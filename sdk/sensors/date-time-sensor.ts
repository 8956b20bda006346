import type { Operator } from "../operator.ts";
import { type OptionRules, readOptions } from "../operators/options.ts";
import { currentTime } from "../task-scope.ts";
import { hasTemplate, type TemplateFields } from "../template-fields.ts";
import { timeTrigger } from "../triggers/trigger.ts";
import { type SensorDefinition, sensorOperator } from "./sensor-operator.ts";
import { SENSOR_RULES, type SensorOptions, sensorOptions } from "./sensor-options.ts";

export interface DateTimeSensorOptions extends SensorOptions {
  /** The moment to wait for: a Date, or ISO text with an offset; a template. */
  targetTime: Date | string;
}

const RULES: OptionRules<DateTimeSensorOptions> = {
  ...SENSOR_RULES,
  targetTime: [
    (value) => hasTemplate(value) || !Number.isNaN(dateOf(value as Date | string).getTime()),
    "must be a valid Date or an ISO date with an offset",
  ],
};

/** Waits until a moment (Airflow's DateTimeSensor; with `deferrable`, DateTimeSensorAsync). */
export function dateTimeSensor(options: DateTimeSensorOptions): Operator<void, undefined> {
  const { targetTime, ...rest } = readOptions("dateTimeSensor", options, RULES, ["targetTime"]);
  const text = targetTime instanceof Date ? targetTime.toISOString() : targetTime;
  return momentSensor(
    { operatorName: "DateTimeSensor", label: "dateTimeSensor", templateFields: { targetTime: text } },
    rest,
    (fields) => dateOf(fields.targetTime),
  );
}

/** A sensor that waits for a moment, which is known when the task runs. */
export function momentSensor<F extends TemplateFields>(
  names: Pick<SensorDefinition<void, undefined, F>, "operatorName" | "label" | "templateFields">,
  options: SensorOptions,
  momentOf: (fields: F) => Date,
): Operator<void, undefined> {
  const moment = (fields: F) => {
    const date = momentOf(fields);
    if (!Number.isNaN(date.getTime())) return date;
    throw new Error(`${names.label}(...) has to wait for ${JSON.stringify(fields)}, which is no date with an offset`);
  };
  return sensorOperator<void, undefined, F>({
    ...names,
    takesNoInputs: true,
    options: sensorOptions(options),
    poke(_, fields) {
      const date = moment(fields);
      console.log(`Checking if the time (${date.toISOString()}) has come`);
      return currentTime() >= date;
    },
    trigger: (_, fields) => timeTrigger(moment(fields)),
  });
}

/** A text needs an offset: without one it would mean another moment on another machine. */
function dateOf(value: Date | string): Date {
  if (value instanceof Date) return value;
  const isWhole =
    typeof value === "string" && /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d))?$/.test(value);
  return new Date(isWhole ? value : Number.NaN);
}
