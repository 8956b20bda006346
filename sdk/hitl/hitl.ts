import type { Operator } from "../operator.ts";
import { type HITLResult, humanInput } from "./human-input.ts";
import { checkHitlSpec, type HITLSpec } from "./spec.ts";

export type HITLTask<A = void, R = HITLResult> = Operator<A, R>;

/**
 * A task that waits until a human has chosen one of its options (Airflow's HITLOperator); its result is the answer.
 *
 * ```ts
 * dag.task("choose", hitl({ subject: "Which model goes live?", options: ["new", "old"] }))();
 * ```
 */
export function hitl<A extends object | void = void>(spec: HITLSpec<A>): HITLTask<A> {
  checkHitlSpec(spec);
  const { options, defaults, multiple = false } = spec as HITLSpec<A>;
  return humanInput(
    spec as HITLSpec<A>,
    {
      caller: "hitl(...)",
      operatorName: "HITLOperator",
      taskIdExample: 'dag.task("choose", hitl({ subject: "...", options: ["..."] }))',
      options: Object.freeze([...options]),
      defaults: defaults === undefined ? null : Object.freeze([...defaults]),
      multiple,
    },
    { conclude: (result) => result },
  );
}
