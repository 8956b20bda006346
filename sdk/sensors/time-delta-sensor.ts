import type { Operator } from "../operator.ts";
import { type OptionRules, readOptions } from "../operators/options.ts";
import { getContext } from "../task-scope.ts";
import { momentSensor } from "./date-time-sensor.ts";
import { SENSOR_RULES, type SensorOptions } from "./sensor-options.ts";

export interface TimeDeltaSensorOptions extends SensorOptions {
  /** Seconds to wait after the end of the run's data interval. */
  delta: number;
}

const RULES: OptionRules<TimeDeltaSensorOptions> = {
  ...SENSOR_RULES,
  delta: [(value) => Number.isFinite(value), "must be a number of seconds"],
};

/** Waits until some time after the end of the run's data interval (Airflow's TimeDeltaSensor). */
export function timeDeltaSensor(options: TimeDeltaSensorOptions): Operator<void, undefined> {
  const { delta, ...rest } = readOptions("timeDeltaSensor", options, RULES, ["delta"]);
  return momentSensor({ operatorName: "TimeDeltaSensor", label: "timeDeltaSensor" }, rest, () => {
    const { dataIntervalEnd, logicalDate, runId } = getContext();
    const base = dataIntervalEnd ?? logicalDate;
    if (base === null) throw new Error(`Run ${runId} has no data interval and no logical date to count from`);
    return new Date(base.getTime() + delta * 1_000);
  });
}
