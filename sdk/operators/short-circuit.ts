import type { DecidingPlace } from "../deciding-place.ts";
import type { TaskFunction } from "../node.ts";
import { type Decision, type Operator, operator } from "../operator.ts";
import { sorted } from "../sorted.ts";
import { checkHandler } from "./check-handler.ts";
import { isFlag, readOptions } from "./options.ts";

export interface ShortCircuitOptions {
  /**
   * Whether all tasks after this one but teardowns are skipped, whatever their trigger rules. False skips those directly after it
   * only, and the trigger rules decide about the rest.
   * @default true
   */
  ignoreDownstreamTriggerRules?: boolean;
}

/**
 * A task that ends the run's way when its handler returns nothing to go on with: the tasks after it are skipped
 * (Airflow's ShortCircuitOperator). As in Python, `false`, `null`, `undefined`, 0, `""`, `[]` and `{}` are nothing.
 *
 * ```ts
 * dag.task("any_rows", shortCircuit(async ({ rows }: { rows: number }) => rows > 0))({ rows }).before(load);
 * ```
 */
export function shortCircuit<A extends object | void = void, R = unknown>(
  handler: TaskFunction<A, R>,
  options: ShortCircuitOptions = {},
): Operator<A, R> {
  checkHandler("shortCircuit", handler);
  const rules = { ignoreDownstreamTriggerRules: isFlag };
  const { ignoreDownstreamTriggerRules = true } = readOptions<ShortCircuitOptions>("shortCircuit", options, rules);
  return operator<A, R>({
    operatorName: "ShortCircuitOperator",
    label: "shortCircuit",
    uiColor: "#ffefeb",
    execute: (args) => handler(args),
    decide: (condition, place) => goOnOrSkip(condition, place, ignoreDownstreamTriggerRules),
  });
}

function goOnOrSkip(condition: unknown, place: DecidingPlace, ignoreTriggerRules: boolean): Decision {
  console.log(`Condition result is ${JSON.stringify(condition)}`);
  if (!isNothing(condition)) {
    console.log("Proceeding with downstream tasks...");
    return { value: condition, skipped: [] };
  }
  const after = (ignoreTriggerRules ? sorted(place.allAfter(place.taskId)) : place.downstream).filter(
    (id) => !place.isTeardown(id),
  );
  console.log(after.length === 0 ? "No downstream tasks; nothing to do." : "Skipping downstream tasks");
  return { value: condition, skipped: after };
}

/** What Python takes for false. */
function isNothing(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return !value;
  return Array.isArray(value) ? value.length === 0 : Object.keys(value).length === 0;
}
