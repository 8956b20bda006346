import type { TaskNode } from "#sdk/dag-graph.ts";
import type { TaskDeferred } from "#sdk/defer.ts";
import { TaskDeferralError, TaskDeferralTimeout } from "#sdk/errors.ts";
import type { JsonValue } from "#sdk/json.ts";
import { isOperator } from "#sdk/operator.ts";
import type { TemplateFields } from "#sdk/template-fields.ts";
import type { TryOrder } from "./messages.ts";

/** Airflow's names: of the method of a trigger that failed, and of the reason that its time was over. */
const FAIL = "__fail__";
const TIMEOUT = "Trigger timeout";

/** Goes on with a deferred task, in the method that it named or, when its trigger failed, where it handles that. */
export function resumeTask(
  { id, run }: TaskNode,
  { method, kwargs, event }: NonNullable<TryOrder["resume"]>,
  inputs: Readonly<Record<string, unknown>>,
  fields: TemplateFields,
): unknown {
  if (!isOperator(run)) throw new Error(`Task "${id}" cannot resume with next_method "${method}"`);
  if (method === FAIL) {
    const reason = String(kwargs.error ?? "Unknown");
    const error = new (reason === TIMEOUT ? TaskDeferralTimeout : TaskDeferralError)(reason);
    if (run.onDeferralError === undefined) throw error;
    return run.onDeferralError(error, inputs as never, fields);
  }
  const goOn = ownMethod(run.methods, method);
  if (goOn === undefined) throw new Error(`Task cannot resume with next_method "${method}"`);
  return goOn({ event: event as JsonValue, kwargs: kwargs as Record<string, JsonValue> }, inputs as never, fields);
}

/** The deferral, or the error that it could not be resumed. */
export function checkDeferral({ id, run }: TaskNode, deferred: TaskDeferred): Error {
  const { method } = deferred.deferral;
  if (isOperator(run) && ownMethod(run.methods, method) !== undefined) return deferred;
  const what = isOperator(run)
    ? `operator ${run.operatorName} has none of that name`
    : "handler is a function, not an operator";
  return new Error(
    `Task "${id}" was deferred to go on in "${method}", but its ${what}; name it among the operator's methods`,
  );
}

function ownMethod<M>(methods: { readonly [name: string]: M } | undefined, name: string): M | undefined {
  return methods !== undefined && Object.hasOwn(methods, name) ? methods[name] : undefined;
}
