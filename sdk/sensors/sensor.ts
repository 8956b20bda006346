import type { TaskFunction } from "../node.ts";
import type { Operator } from "../operator.ts";
import { readOptions } from "../operators/options.ts";
import type { PokeResult } from "./poke-return.ts";
import { sensorOperator } from "./sensor-operator.ts";
import { SENSOR_RULES, type SensorOptions, sensorOptions } from "./sensor-options.ts";

/**
 * A task that waits until its function says yes (Airflow's `@task.sensor`):
 *
 * ```ts
 * dag.task("wait", sensor(async ({ day }: { day: string }) => isThere(day), { mode: "reschedule" }))({ day: "2024-01-01" });
 * ```
 *
 * The function may return `pokeReturn(true, value)` to give the task a result.
 */
export function sensor<A extends object | void = void, R = unknown>(
  poke: TaskFunction<A, PokeResult<R>>,
  options: SensorOptions = {},
): Operator<A, R | undefined> {
  if (typeof poke !== "function") throw new Error("sensor(...) takes the function that is asked again and again");
  const read = sensorOptions(readOptions("sensor", options, SENSOR_RULES));
  return sensorOperator<A, R>({
    operatorName: "@task.sensor",
    label: "sensor",
    taskIdExample: 'dag.task("wait", sensor(async () => true))',
    options: read,
    poke(inputs) {
      console.log(`Poking callable: ${poke.name || "(anonymous)"}`);
      return poke(inputs);
    },
  });
}
