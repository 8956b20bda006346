import type { DagRunState } from "#sdk/states.ts";

/** Every move a DAG run may make; drawn in docs/state-machine.md. */
export const RUN_MOVES: ReadonlyMap<DagRunState, readonly DagRunState[]> = new Map<DagRunState, readonly DagRunState[]>(
  [
    ["queued", ["running", "success", "failed"]],
    ["running", ["success", "failed", "queued"]],
    ["success", ["queued", "failed"]],
    ["failed", ["queued", "success"]],
  ],
);

/** Throws when the table has no move from one state to another. */
export function checkRunMove(from: DagRunState, to: DagRunState): void {
  if (RUN_MOVES.get(from)?.includes(to)) return;
  throw new Error(`A DAG run cannot move from ${from} to ${to}`);
}
