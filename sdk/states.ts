/** Airflow 3's DAG run states. */
export const DAG_RUN_STATES = ["queued", "running", "success", "failed"] as const;
export type DagRunState = (typeof DAG_RUN_STATES)[number];

/** Airflow 3's kinds of DAG runs, by what starts them. */
export const RUN_TYPES = ["scheduled", "manual", "backfill", "asset_triggered", "asset_materialization"] as const;
export type RunType = (typeof RUN_TYPES)[number];

/** Airflow 3's task instance states; a row without a state (`null`) is one nobody has looked at yet. */
export const TASK_STATES = [
  "removed",
  "scheduled",
  "queued",
  "running",
  "success",
  "restarting",
  "failed",
  "up_for_retry",
  "up_for_reschedule",
  "upstream_failed",
  "skipped",
  "deferred",
] as const;
export type TaskState = (typeof TASK_STATES)[number];

/** States in which a task instance stays until somebody clears it. */
export const FINISHED_TASK_STATES: readonly TaskState[] = [
  "success",
  "failed",
  "skipped",
  "upstream_failed",
  "removed",
];

export function isFinished(state: TaskState | null): boolean {
  return state !== null && FINISHED_TASK_STATES.includes(state);
}
