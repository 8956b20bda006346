import { type Operator, operator } from "../operator.ts";

/**
 * A task that does nothing: a place where edges meet (Airflow's EmptyOperator). Without callbacks and outlets it
 * succeeds at once, without a worker.
 *
 * ```ts
 * const start = dag.task("start", empty())();
 * ```
 */
export function empty(): Operator<void, void> {
  return operator({
    operatorName: "EmptyOperator",
    label: "empty",
    uiColor: "#e8f7e4",
    takesNoInputs: true,
    serializedFields: { _is_empty: true },
    execute: () => undefined,
  });
}
