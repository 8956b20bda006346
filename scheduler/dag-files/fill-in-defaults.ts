import { Dag } from "#sdk/dag.ts";
import type { SerializedDag, SerializedTaskFields } from "#sdk/serialized-dag.ts";
import type { TaskSpec } from "#sdk/specs.ts";

/** What the configuration says of tasks and DAGs that say nothing of their own. */
export interface TaskDefaults {
  /** `[celery] default_queue` */
  readonly queue: string;
  /** `[core] default_task_retries` */
  readonly retries: number;
  /** `[core] default_task_retry_delay`, in seconds. */
  readonly retryDelay: number;
  /** `[core] max_task_retry_delay`, in seconds. */
  readonly maxRetryDelay: number;
  /** `[core] default_task_weight_rule` */
  readonly weightRule: string;
  /** `[core] default_task_execution_timeout`, in seconds; 0: none. */
  readonly executionTimeout: number;
  /** `[core] max_consecutive_failed_dag_runs_per_dag`; 0: never. */
  readonly maxConsecutiveFailedRuns: number;
}

/** Airflow's, which the serialized form leaves out. */
export const AIRFLOW_DEFAULTS: TaskDefaults = {
  queue: "default",
  retries: 0,
  retryDelay: 300,
  maxRetryDelay: 86_400,
  weightRule: "downstream",
  executionTimeout: 0,
  maxConsecutiveFailedRuns: 0,
};

/** Writes the configuration's defaults where the DAG says nothing; the serialized form alone cannot tell. */
export function fillInDefaults(serialized: SerializedDag, dag: Dag, taskDefaults: TaskDefaults): SerializedDag {
  const names = Object.keys(AIRFLOW_DEFAULTS) as (keyof TaskDefaults)[];
  if (names.every((name) => taskDefaults[name] === AIRFLOW_DEFAULTS[name])) return serialized;
  const nodes = Dag.read(dag).nodes;
  const tasks = serialized.dag.tasks.map((task) => {
    const node = nodes.get(task.__var.task_id);
    const spec = node?.kind === "task" ? node.spec : {};
    return { ...task, __var: { ...task.__var, ...fieldsOf(spec, dag, taskDefaults) } };
  });
  const maxFailed = dag.spec.maxConsecutiveFailedDagRuns ?? taskDefaults.maxConsecutiveFailedRuns;
  const ofDag = maxFailed === 0 ? {} : { max_consecutive_failed_dag_runs: maxFailed };
  return { ...serialized, dag: { ...serialized.dag, ...ofDag, tasks } };
}

function fieldsOf(spec: TaskSpec, dag: Dag, defaults: TaskDefaults): Partial<SerializedTaskFields> {
  const { retryDelay, maxRetryDelay, weightRule, executionTimeout } = defaults;
  return {
    queue: spec.queue ?? dag.spec.queue ?? defaults.queue,
    retries: spec.retries ?? defaults.retries,
    ...(spec.retryDelay === undefined && retryDelay !== AIRFLOW_DEFAULTS.retryDelay && { retry_delay: retryDelay }),
    // The limit holds for what a task asks for, too.
    ...(maxRetryDelay !== AIRFLOW_DEFAULTS.maxRetryDelay && {
      max_retry_delay: Math.min(spec.maxRetryDelay ?? maxRetryDelay, maxRetryDelay),
    }),
    ...(spec.weightRule === undefined && weightRule !== AIRFLOW_DEFAULTS.weightRule && { weight_rule: weightRule }),
    ...(spec.executionTimeout === undefined && executionTimeout > 0 && { execution_timeout: executionTimeout }),
  };
}
