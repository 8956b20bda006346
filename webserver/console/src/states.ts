import type { RunSummary, ShownTaskState, TaskStateSummary } from "../../protocol.ts";

export type RunState = RunSummary["state"];

/** The circles of the DAG list, in Airflow's order. */
export const RECENT_TASK_STATES: readonly ShownTaskState[] = [
  "success",
  "running",
  "failed",
  "upstream_failed",
  "skipped",
  "up_for_retry",
  "up_for_reschedule",
  "queued",
  "no_status",
  "scheduled",
];

export const RUN_STATES: readonly RunState[] = ["success", "running", "failed", "queued"];

/** The graph's legend, in Airflow's order. */
export const LEGEND_STATES: readonly ShownTaskState[] = [
  "no_status",
  "scheduled",
  "queued",
  "up_for_retry",
  "up_for_reschedule",
  "deferred",
  "upstream_failed",
  "skipped",
  "failed",
  "running",
  "success",
];

/** The name of a state in classes, attributes and texts. */
export function shownState(state: string | null | undefined): ShownTaskState {
  return (state ?? "no_status") as ShownTaskState;
}

/** The state that a task is shown with: of a mapped one, that of its instances' states that wants attention most. */
export function stateOf(task: TaskStateSummary | undefined): ShownTaskState {
  return worstState(Object.keys(task?.states ?? {}).map((state) => (state === "no_status" ? null : state)));
}

function worstState(states: readonly (string | null)[]): ShownTaskState {
  const order = [
    "failed",
    "upstream_failed",
    "up_for_retry",
    "restarting",
    "running",
    "deferred",
    "up_for_reschedule",
    "queued",
    "scheduled",
    null,
  ];
  for (const state of order) if (states.includes(state)) return shownState(state);
  return shownState(states.includes("success") ? "success" : states[0]);
}
