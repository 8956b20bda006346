import { readTimetable } from "#core/timetable/read-timetable.ts";
import type { SerializedDag, SerializedDagFields, SerializedTaskFields } from "#sdk/serialized-dag.ts";
import { TRIGGER_RULES, type TriggerRule } from "#sdk/trigger-rule.ts";
import { checkMapLengths } from "./check-map-lengths.ts";
import { checkParams } from "./check-params.ts";

const WEIGHT_RULES = ["downstream", "upstream", "absolute"];

/** The largest number that the database keeps of a task or a DAG. */
const LARGEST = 2 ** 31 - 1;

/** Airflow's executors whose work Daisy's workers do; others are refused, so that nobody relies on them. */
const EXECUTORS = ["LocalExecutor", "CeleryExecutor"];

/**
 * Checks what only the scheduler can judge of a serialized DAG: cron ranges, rules' names, numbers' ranges, and what
 * is not supported. Throws with the DAG's and the task's name.
 * @param maxMapLength `[core] max_map_length`
 * @param checkTaskBy runs the check of a task, so that what it throws can be told to be about that task
 */
export function checkDag(
  { dag }: SerializedDag,
  maxMapLength: number,
  checkTaskBy: (taskId: string, check: () => void) => void = (_, check) => check(),
): void {
  const label = `Dag "${dag.dag_id}"`;
  checkTimetable(dag);
  checkParams({ __version: 3, dag });
  checkWhole(1, LARGEST, dag.max_active_tasks, `maxActiveTasks of ${label}`);
  checkWhole(1, LARGEST, dag.max_active_runs, `maxActiveRuns of ${label}`);
  checkMapLengths(dag, maxMapLength);
  for (const { __var: task } of dag.tasks) {
    checkTaskBy(task.task_id, () => checkTask(task, `task "${task.task_id}" of ${label}`));
  }
}

function checkTimetable(dag: SerializedDagFields): void {
  const time = "timetable" in dag.timetable.__var ? dag.timetable.__var.timetable : dag.timetable;
  try {
    readTimetable(dag.timetable);
  } catch (error) {
    const isCron = "expression" in time.__var || "expressions" in time.__var;
    throw new Error(`Invalid ${isCron ? "Cron expression" : "schedule"}: ${(error as Error).message}`);
  }
  const isContinuous = time.__type === "airflow.timetables.simple.ContinuousTimetable";
  if (isContinuous && dag.max_active_runs !== 1) {
    throw new Error(
      `Invalid max_active_runs: ContinuousTimetable requires max_active_runs <= 1, so give Dag "${dag.dag_id}" maxActiveRuns: 1`,
    );
  }
  checkDates(dag, `Dag "${dag.dag_id}"`);
}

function checkDates(
  { start_date: start, end_date: end }: { readonly start_date?: number; readonly end_date?: number },
  label: string,
): void {
  if (start === undefined || end === undefined || end >= start) return;
  const [startText, endText] = [start, end].map((seconds) => new Date(seconds * 1000).toISOString());
  throw new Error(`endDate of ${label} is ${endText}, before its startDate ${startText}`);
}

function checkTask(task: SerializedTaskFields, label: string): void {
  checkDates(task, label);
  if (task.executor !== undefined && !EXECUTORS.includes(task.executor)) {
    throw new Error(
      `executor of ${label} is not supported: Daisy's workers run what is for ${EXECUTORS.join(" or ")}, ` +
        `not for ${task.executor}`,
    );
  }
  const rule = task.trigger_rule ?? "all_success";
  if (!TRIGGER_RULES.includes(rule as TriggerRule)) {
    throw new Error(`triggerRule of ${label} must be one of ${TRIGGER_RULES.join(", ")}, not ${rule}`);
  }
  const weightRule = task.weight_rule ?? "downstream";
  if (!WEIGHT_RULES.includes(weightRule)) {
    throw new Error(`weightRule of ${label} must be one of ${WEIGHT_RULES.join(", ")}, not ${weightRule}`);
  }
  checkWhole(0, LARGEST, task.retries, `retries of ${label}`);
  checkWhole(1, LARGEST, task.pool_slots, `poolSlots of ${label}`);
  checkWhole(1, LARGEST, task.max_active_tis_per_dag, `maxActiveTisPerDag of ${label}`);
  checkWhole(1, LARGEST, task.max_active_tis_per_dagrun, `maxActiveTisPerDagrun of ${label}`);
  checkWhole(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, task.priority_weight, `priorityWeight of ${label}`);
}

function checkWhole(least: number, most: number, value: number | undefined, label: string): void {
  if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return;
  throw new Error(`${label} must be a whole number from ${least} to ${most}, not ${value}`);
}
