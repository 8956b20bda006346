import type { SerializedParam } from "#sdk/param.ts";
import type { SerializedDag, SerializedTaskFields } from "#sdk/serialized-dag.ts";
import type { RunType } from "#sdk/states.ts";
import type { TriggerRule } from "#sdk/trigger-rule.ts";
import { type Expansion, readExpansions } from "./expansion.ts";
import { priorityWeights, type WeightRule } from "./priority-weights.ts";
import { type Relatives, reversed, splitRelatives } from "./relatives.ts";
import { indirectSetups } from "./setups.ts";

/** A DAG version as the scheduler works with it: tasks are numbered in the order of the file. */
export interface DagStructure {
  readonly dagId: string;
  /** What runs can be triggered with. */
  readonly params: readonly SerializedParam[];
  readonly tasks: readonly PlannedTask[];
  /** A task id's number. */
  readonly indexOf: ReadonlyMap<string, number>;
  /** The tasks directly after each task. */
  readonly downstream: readonly (readonly number[])[];
  /** The tasks directly before each task. */
  readonly upstream: readonly (readonly number[])[];
  /** The tasks that decide how a run ends: those with nothing after them but teardowns that do not count. */
  readonly leaves: readonly number[];
  /** What is expanded into mapped task instances. */
  readonly expansions: readonly Expansion[];
  /** How instances concern each other along the edges of the DAG. */
  readonly relatives: Relatives;
  /** The same along the edges from setups to the tasks that need them without being directly after them. */
  readonly setupRelatives: Relatives;
  /** What may start runs; null: anything. */
  readonly allowedRunTypes: readonly RunType[] | null;
  /** Whether a task's failure stops all others. */
  readonly failFast: boolean;
  /** Whether a task waits for its instance of an earlier run. */
  readonly dependsOnPast: boolean;
  /** Whether runs that were missed are made up for; null: as the configuration says. */
  readonly catchup: boolean | null;
  /** Seconds. */
  readonly dagrunTimeout: number | null;
  /** How many runs may fail in a row before the DAG is paused; 0: any number. */
  readonly maxConsecutiveFailedRuns: number;
  /** Whether the DAG has callbacks for a run that succeeds, and for one that fails. */
  readonly callbacks: { readonly success: boolean; readonly failure: boolean };
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
  readonly isSetup: boolean;
  readonly isTeardown: boolean;
  /** Of a teardown: whether its failure counts for the run. */
  readonly onFailureFailDagrun: boolean;
  readonly dependsOnPast: boolean;
  /** Null where the configuration decides. */
  readonly ignoreFirstDependsOnPast: boolean | null;
  readonly waitForDownstream: boolean;
  readonly waitForPastDependsBeforeSkipping: boolean;
  /** Runs of logical dates before this one do not have the task; epoch seconds. */
  readonly startDate: number | null;
  /** Runs of logical dates after this one do not have the task; epoch seconds. */
  readonly endDate: number | null;
  /** The number of the expansion that the task takes part in; null: it is not mapped. */
  readonly expansion: number | null;
  /** Whether nothing happens when the task runs, so that it succeeds without being run. */
  readonly isEmpty: boolean;
}

/** Reads a serialized DAG, filling in the defaults of Airflow's schema. */
export function readDagStructure({ dag }: SerializedDag): DagStructure {
  const tasks = dag.tasks.map((task) => task.__var);
  const indexOf = new Map(tasks.map((task, index) => [task.task_id, index]));
  const downstream = tasks.map((task) => (task.downstream_task_ids ?? []).map((id) => indexOf.get(id)!));
  const upstream = reversed(downstream);
  const weights = priorityWeights(
    tasks.map((task) => task.priority_weight ?? 1),
    tasks.map((task) => (task.weight_rule ?? "downstream") as WeightRule),
    downstream,
    upstream,
  );
  const expansions = readExpansions(dag, indexOf);
  const expansionOf = new Map(expansions.flatMap((expansion, number) => expansion.tasks.map((task) => [task, number])));
  const planned = tasks.map((task, index) => planTask(task, weights[index]!, expansionOf.get(index) ?? null));
  return {
    dagId: dag.dag_id,
    params: dag.params,
    tasks: planned,
    indexOf,
    downstream,
    upstream,
    leaves: findLeaves(planned, downstream),
    expansions,
    relatives: splitRelatives(downstream, expansions),
    setupRelatives: splitRelatives(reversed(indirectSetups(planned, downstream, upstream)), expansions),
    allowedRunTypes: dag.allowed_run_types,
    failFast: dag.fail_fast ?? false,
    dependsOnPast: planned.some((task) => task.dependsOnPast),
    catchup: dag.catchup ?? null,
    dagrunTimeout: dag.dagrun_timeout ?? null,
    maxConsecutiveFailedRuns: dag.max_consecutive_failed_dag_runs ?? 0,
    callbacks: { success: dag.has_on_success_callback ?? false, failure: dag.has_on_failure_callback ?? false },
  };
}

/**
 * Airflow's `_tis_for_dagrun_state`: teardowns do not count unless they say so, and a task with only such teardowns
 * after it is a leaf. In a DAG of nothing but teardowns the last ones count.
 */
function findLeaves(tasks: readonly PlannedTask[], downstream: readonly (readonly number[])[]): number[] {
  const isIgnored = (task: number) => tasks[task]!.isTeardown && !tasks[task]!.onFailureFailDagrun;
  const all = tasks.map((_, task) => task);
  const leaves = all.filter((task) => !isIgnored(task) && downstream[task]!.every(isIgnored));
  return leaves.length > 0 ? leaves : all.filter((task) => downstream[task]!.length === 0);
}

function planTask(task: SerializedTaskFields, priorityWeight: number, expansion: number | null): PlannedTask {
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
    isSetup: task.is_setup ?? false,
    isTeardown: task.is_teardown ?? false,
    onFailureFailDagrun: task.on_failure_fail_dagrun ?? false,
    // Whoever waits for what is downstream of its past waits for its past too, as in Airflow.
    dependsOnPast: (task.depends_on_past || task.wait_for_downstream) ?? false,
    ignoreFirstDependsOnPast: task.ignore_first_depends_on_past ?? null,
    waitForDownstream: task.wait_for_downstream ?? false,
    waitForPastDependsBeforeSkipping: task.wait_for_past_depends_before_skipping ?? false,
    startDate: task.start_date ?? null,
    endDate: task.end_date ?? null,
    expansion,
    isEmpty: isEmpty(task),
  };
}

/** Somebody may wait for what an empty task does beside its work: callbacks, and events of assets. */
function isEmpty(task: SerializedTaskFields): boolean {
  const { has_on_execute_callback, has_on_success_callback, outlets = [] } = task;
  return (task._is_empty ?? false) && !has_on_execute_callback && !has_on_success_callback && outlets.length === 0;
}
