import { findNonJson, type JsonValue } from "./json.ts";
import type { SerializedTrigger } from "./triggers/trigger.ts";

export interface DeferOptions {
  /** What to wait for. */
  readonly trigger: SerializedTrigger;
  /** The operator's method that goes on when the trigger has fired. @default "executeComplete" */
  readonly method?: string;
  /** What the method is given besides the event; plain JSON. @default {} */
  readonly kwargs?: { readonly [name: string]: JsonValue };
  /** Seconds to wait at most; then the task fails, with its retries. @default no limit */
  readonly timeout?: number;
}

/** Carries a deferral out of an operator (Airflow's TaskDeferred); thrown by `defer`. */
export class TaskDeferred extends Error {
  override readonly name = "TaskDeferred";
  readonly deferral: Required<Omit<DeferOptions, "timeout">> & { readonly timeout: number | null };
  constructor({ trigger, method = "executeComplete", kwargs = {}, timeout }: DeferOptions) {
    super(`The task waits for a trigger of kind ${trigger.kind}`);
    this.deferral = { trigger, method, kwargs, timeout: timeout ?? null };
  }
}

/**
 * Ends the running operator's execution, gives its worker back, and waits for a trigger. When the trigger fires, the
 * method of the operator's `methods` is called with the event in a fresh process, which may be another one:
 *
 * ```ts
 * operator({
 *   operatorName: "NextMinuteOperator",
 *   execute: () => defer({ trigger: timeTrigger(new Date(Date.now() + 60_000)) }),
 *   methods: { executeComplete: ({ event }) => `It is ${event}` },
 * });
 * ```
 *
 * Throws, always: let it pass.
 */
export function defer(options: DeferOptions): never {
  const { kwargs, timeout } = options;
  const wrong = findNonJson(kwargs);
  if (wrong !== undefined) throw new Error(`kwargs of defer(...) hold ${wrong}, which JSON cannot carry`);
  if (timeout !== undefined && !(Number.isFinite(timeout) && timeout >= 0)) {
    throw new Error(`timeout of defer(...) must be a non-negative number of seconds, not ${timeout}`);
  }
  throw new TaskDeferred(options);
}
