import type { SerializedDag, SerializedTaskFields } from "#sdk/serialized-dag.ts";
import type { TriggerRule } from "#sdk/trigger-rule.ts";
import { priorityWeights, type WeightRule } from "./priority-weights.ts";

/** A DAG version as the scheduler works with it: tasks are numbered in the order of the file. */
export interface DagStructure {
  readonly dagId: string;
  readonly tasks: readonly PlannedTask[];
  /** A task id's number. */
  readonly indexOf: ReadonlyMap<string, number>;
  /** The tasks directly after each task. */
  readonly downstream: readonly (readonly number[])[];
  /** The tasks directly before each task. */
  readonly upstream: readonly (readonly number[])[];
  /** The tasks with nothing after them, which decide how a run ends. */
  readonly leaves: readonly number[];
  /** Seconds. */
  readonly dagrunTimeout: number | null;
  /** How many runs may fail in a row before the DAG is paused; 0: any number. */
  readonly maxConsecutiveFailedRuns: number;
}

/** What a task instance's row is made from. */
export interface PlannedTask {
  readonly taskId: string;
  readonly triggerRule: TriggerRule;
  readonly operator: string;
  readonly retries: number;
  readonly pool: string;
  readonly poolSlots: number;
  readonly queue: string;
  /** After the weight rule. */
  readonly priorityWeight: number;
  readonly maxActiveTisPerDag: number | null;
  readonly maxActiveTisPerDagrun: number | null;
}

/** Reads a serialized DAG, filling in the defaults of Airflow's schema. */
export function readDagStructure({ dag }: SerializedDag): DagStructure {
  const tasks = dag.tasks.map((task) => task.__var);
  const indexOf = new Map(tasks.map((task, index) => [task.task_id, index]));
  const downstream = tasks.map((task) => (task.downstream_task_ids ?? []).map((id) => indexOf.get(id)!));
  const upstream: number[][] = tasks.map(() => []);
  downstream.forEach((targets, task) => {
    for (const target of targets) upstream[target]!.push(task);
  });
  const weights = priorityWeights(
    tasks.map((task) => task.priority_weight ?? 1),
    tasks.map((task) => (task.weight_rule ?? "downstream") as WeightRule),
    downstream,
    upstream,
  );
  return {
    dagId: dag.dag_id,
    tasks: tasks.map((task, index) => planTask(task, weights[index]!)),
    indexOf,
    downstream,
    upstream,
    leaves: downstream.flatMap((targets, task) => (targets.length === 0 ? [task] : [])),
    dagrunTimeout: dag.dagrun_timeout ?? null,
    maxConsecutiveFailedRuns: dag.max_consecutive_failed_dag_runs ?? 0,
  };
}

function planTask(task: SerializedTaskFields, priorityWeight: number): PlannedTask {
  return {
    taskId: task.task_id,
    triggerRule: (task.trigger_rule ?? "all_success") as TriggerRule,
    operator: task._operator_name ?? task.task_type,
    retries: task.retries ?? 0,
    pool: task.pool ?? "default_pool",
    poolSlots: task.pool_slots ?? 1,
    queue: task.queue ?? "default",
    priorityWeight,
    maxActiveTisPerDag: task.max_active_tis_per_dag ?? null,
    maxActiveTisPerDagrun: task.max_active_tis_per_dagrun ?? null,
  };
}
