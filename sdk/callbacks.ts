import type { DagRunState, TaskState } from "./states.ts";

/** What a callback is told. Its process also has `getClient()`, for variables, connections and XComs. */
export interface CallbackContext {
  readonly dag: { readonly dagId: string };
  readonly dagRun: CallbackDagRun;
  /** For a callback of the run: the task instance that ended last, of the failed ones if some failed; null if none did. */
  readonly taskInstance: CallbackTaskInstance | null;
  /** Why the run ended as it did: `success`, `task_failure`, `all_tasks_deadlocked` or `timed_out`; null for a task. */
  readonly reason: string | null;
  /** What the task threw, with its stack, or what ended it; null when nothing went wrong. */
  readonly exception: string | null;
}

export interface CallbackDagRun {
  readonly dagId: string;
  readonly runId: string;
  readonly state: DagRunState;
  readonly logicalDate: Date | null;
  readonly dataIntervalStart: Date | null;
  readonly dataIntervalEnd: Date | null;
  readonly conf: Readonly<Record<string, unknown>>;
}

export interface CallbackTaskInstance {
  readonly dagId: string;
  readonly runId: string;
  readonly taskId: string;
  /** -1 for an unmapped task. */
  readonly mapIndex: number;
  readonly tryNumber: number;
  /** A failed try gets another while `tryNumber <= maxTries`. */
  readonly maxTries: number;
  readonly state: TaskState;
  readonly startDate: Date | null;
  /** Null while it runs. */
  readonly endDate: Date | null;
}

export type Callback = (context: CallbackContext) => unknown;
/** One callback, or several that are called in turn. */
export type Callbacks = Callback | readonly Callback[];

/** The callbacks of a task, with what the serialized task says when it has some. */
export const TASK_CALLBACKS = {
  onExecuteCallback: "has_on_execute_callback",
  onSuccessCallback: "has_on_success_callback",
  onFailureCallback: "has_on_failure_callback",
  onRetryCallback: "has_on_retry_callback",
  onSkippedCallback: "has_on_skipped_callback",
} as const;

/** The callbacks of a DAG, with what the serialized DAG says when it has some. */
export const DAG_CALLBACKS = {
  onSuccessCallback: "has_on_success_callback",
  onFailureCallback: "has_on_failure_callback",
} as const;

/** Functions of a task's spec that are no callbacks: what they throw fails the task. */
export const TASK_HOOKS = ["preExecute", "postExecute"] as const;

/** The options of a spec that take functions; plain data is expected everywhere else. */
const FUNCTION_OPTIONS: readonly string[] = [...Object.keys(TASK_CALLBACKS), ...TASK_HOOKS];

/**
 * A spec's option that takes functions, checked and copied; undefined when the option takes plain data.
 * @param label such as `Dag "D" task "T"`
 */
export function readFunctionOption(label: string, name: string, value: unknown): unknown {
  if (!FUNCTION_OPTIONS.includes(name) || value === undefined) return undefined;
  if (typeof value === "function") return value;
  const isHook = (TASK_HOOKS as readonly string[]).includes(name);
  if (!isHook && Array.isArray(value) && value.every((item) => typeof item === "function")) {
    return Object.freeze([...value]);
  }
  throw new Error(`${name} for ${label} must be a function${isHook ? "" : " or an array of functions"}`);
}

/** The callbacks of an option as a list. */
export function callbackList(callbacks: Callbacks | undefined): readonly Callback[] {
  if (callbacks === undefined) return [];
  return typeof callbacks === "function" ? [callbacks] : callbacks;
}

/** What the serialized form says of a spec's callbacks. */
export function callbackFlags(spec: object, flags: Readonly<Record<string, string>>): Readonly<Record<string, true>> {
  const written = Object.entries(flags).filter(
    ([option]) => callbackList((spec as Record<string, Callbacks | undefined>)[option]).length > 0,
  );
  return Object.fromEntries(written.map(([, flag]) => [flag, true]));
}
