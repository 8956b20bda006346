import type { TaskState } from "#sdk/states.ts";

/** A task instance's state, with null for one that nobody has looked at yet. */
export type TaskInstanceState = TaskState | null;

/**
 * Every move a task instance may make; drawn in docs/state-machine.md. What is not here is refused.
 * Clearing (`-> null`) and marking by hand are moves like any other.
 */
export const TASK_MOVES: ReadonlyMap<TaskInstanceState, readonly TaskInstanceState[]> = new Map<
  TaskInstanceState,
  readonly TaskInstanceState[]
>([
  [null, ["scheduled", "upstream_failed", "skipped", "removed", "success", "failed"]],
  ["scheduled", ["queued", null, "removed", "upstream_failed", "skipped", "success", "failed"]],
  ["queued", ["running", "scheduled", null, "removed", "skipped", "success", "failed", "up_for_retry"]],
  [
    "running",
    ["success", "failed", "skipped", "up_for_retry", "up_for_reschedule", "deferred", "restarting", "removed"],
  ],
  ["restarting", ["failed", "success", "skipped", "removed", null]],
  ["up_for_retry", ["scheduled", null, "removed", "skipped", "success", "failed"]],
  ["up_for_reschedule", ["scheduled", null, "removed", "skipped", "success", "failed"]],
  ["deferred", ["scheduled", null, "removed", "skipped", "success", "failed"]],
  ["success", [null, "failed", "skipped", "removed"]],
  ["failed", [null, "success", "skipped", "removed"]],
  ["skipped", [null, "success", "failed", "removed"]],
  ["upstream_failed", [null, "success", "failed", "skipped", "removed"]],
  ["removed", [null]],
]);

/** The states from which a move to `to` is allowed; what a compare-and-set on the row has to find. */
export function statesBefore(to: TaskInstanceState): TaskInstanceState[] {
  return [...TASK_MOVES].filter(([, targets]) => targets.includes(to)).map(([from]) => from);
}

/** Throws when the table has no move from one state to another. */
export function checkTaskMove(from: TaskInstanceState, to: TaskInstanceState): void {
  if (TASK_MOVES.get(from)?.includes(to)) return;
  throw new Error(`A task instance cannot move from ${from ?? "no state"} to ${to ?? "no state"}`);
}
