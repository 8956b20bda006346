import { isAssetExpression } from "./asset-expression.ts";
import { readFunctionOption } from "./callbacks.ts";
import { isPlainObject } from "./json.ts";
import { isParam } from "./param.ts";

/** How a field of a spec is written in Airflow's serialized form. */
export type FieldKind = "string" | "boolean" | "number" | "duration" | "date" | "string-set";

export interface Field {
  /** The snake_case name in the serialized Dag. */
  readonly name: string;
  readonly kind: FieldKind;
  /** Airflow's schema default; a value equal to it is not written. */
  readonly default?: string | number | boolean;
}

/** The fields of a DagSpec that go into the serialized Dag (`dag-schema.json`, version 3). */
export const DAG_FIELDS = {
  description: { name: "description", kind: "string" },
  startDate: { name: "start_date", kind: "date" },
  endDate: { name: "end_date", kind: "date" },
  tags: { name: "tags", kind: "string-set" },
  dagDisplayName: { name: "dag_display_name", kind: "string" },
  docMd: { name: "doc_md", kind: "string" },
  maxActiveTasks: { name: "max_active_tasks", kind: "number" },
  maxActiveRuns: { name: "max_active_runs", kind: "number" },
  maxConsecutiveFailedDagRuns: { name: "max_consecutive_failed_dag_runs", kind: "number" },
  dagrunTimeout: { name: "dagrun_timeout", kind: "duration" },
  catchup: { name: "catchup", kind: "boolean" },
  failFast: { name: "fail_fast", kind: "boolean", default: false },
  renderTemplateAsNativeObj: { name: "render_template_as_native_obj", kind: "boolean", default: false },
  disableBundleVersioning: { name: "disable_bundle_versioning", kind: "boolean" },
  isPausedUponCreation: { name: "is_paused_upon_creation", kind: "boolean" },
} as const satisfies Record<string, Field>;

/** The fields of a TaskSpec that go into the serialized task. */
export const TASK_FIELDS = {
  owner: { name: "owner", kind: "string", default: "airflow" },
  startDate: { name: "start_date", kind: "date" },
  endDate: { name: "end_date", kind: "date" },
  triggerRule: { name: "trigger_rule", kind: "string", default: "all_success" },
  dependsOnPast: { name: "depends_on_past", kind: "boolean", default: false },
  // The schema's default is false, but the configuration's is true, so that what is said has to be written.
  ignoreFirstDependsOnPast: { name: "ignore_first_depends_on_past", kind: "boolean" },
  waitForPastDependsBeforeSkipping: {
    name: "wait_for_past_depends_before_skipping",
    kind: "boolean",
    default: false,
  },
  waitForDownstream: { name: "wait_for_downstream", kind: "boolean", default: false },
  retries: { name: "retries", kind: "number", default: 0 },
  queue: { name: "queue", kind: "string", default: "default" },
  pool: { name: "pool", kind: "string", default: "default_pool" },
  poolSlots: { name: "pool_slots", kind: "number", default: 1 },
  executionTimeout: { name: "execution_timeout", kind: "duration" },
  retryDelay: { name: "retry_delay", kind: "duration", default: 300 },
  retryExponentialBackoff: { name: "retry_exponential_backoff", kind: "number", default: 0 },
  maxRetryDelay: { name: "max_retry_delay", kind: "duration" },
  priorityWeight: { name: "priority_weight", kind: "number", default: 1 },
  weightRule: { name: "weight_rule", kind: "string", default: "downstream" },
  executor: { name: "executor", kind: "string" },
  doXcomPush: { name: "do_xcom_push", kind: "boolean", default: true },
  returnsDagResult: { name: "returns_dag_result", kind: "boolean", default: false },
  docMd: { name: "doc_md", kind: "string" },
  mapIndexTemplate: { name: "map_index_template", kind: "string" },
  maxActiveTisPerDag: { name: "max_active_tis_per_dag", kind: "number" },
  maxActiveTisPerDagrun: { name: "max_active_tis_per_dagrun", kind: "number" },
} as const satisfies Record<string, Field>;

/**
 * Copies and deep-freezes a spec. Dates are copied; arrays and plain objects are walked.
 * Throws Airflow's TypeScript SDK's texts for an unknown key, a value that is no plain data, and a cycle.
 * @param label such as `Dag "D"` or `Dag "D" task "T"`
 */
export function recordSpec<S extends object>(
  label: string,
  spec: S | undefined,
  known: readonly string[],
): Readonly<S> {
  if (spec === undefined) return Object.freeze({}) as Readonly<S>;
  if (!isPlainObject(spec)) throw new Error(`spec for ${label} must be an object`);
  for (const key of Reflect.ownKeys(spec)) {
    if (!known.includes(key as string)) throw new Error(`Unknown option "${String(key)}" in the spec for ${label}`);
  }
  const functions = Object.keys(spec).flatMap((key) => {
    const read = readFunctionOption(label, key, spec[key]);
    return read === undefined ? [] : [[key, read] as const];
  });
  if (functions.length === 0) return copyFrozen(label, spec, []) as Readonly<S>;
  const named = Object.fromEntries(functions);
  const data = Object.fromEntries(Object.entries(spec).filter(([key]) => !Object.hasOwn(named, key)));
  return Object.freeze({ ...(copyFrozen(label, data, []) as object), ...named }) as Readonly<S>;
}

function copyFrozen(label: string, value: unknown, ancestors: readonly unknown[]): unknown {
  if (value === null || typeof value !== "object") {
    if (typeof value === "function" || typeof value === "symbol") throw unrecordable(label, `a ${typeof value}`);
    return value;
  }
  if (value instanceof Date) return new Date(value);
  if (isAssetExpression(value) || isParam(value)) return value;
  if (ancestors.includes(value))
    throw new Error(`The spec for ${label} refers back to itself, so it cannot be recorded`);
  const inside = [...ancestors, value];
  if (Array.isArray(value)) return Object.freeze(value.map((item) => copyFrozen(label, item, inside)));
  if (!isPlainObject(value)) throw unrecordable(label, `a ${value.constructor.name}`);
  const entries = Object.entries(value).map(([key, item]) => [key, copyFrozen(label, item, inside)]);
  return Object.freeze(Object.fromEntries(entries));
}

function unrecordable(label: string, what: string): Error {
  return new Error(
    `The spec for ${label} holds ${what}, which cannot be recorded; ` +
      "a spec field takes a string, number, boolean, Date, or an array of them",
  );
}
