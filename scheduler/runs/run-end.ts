import type { DagStructure } from "#core/dag-structure/dag-structure.ts";
import type { InstanceStates } from "./instance-states.ts";

/**
 * How a run ends, judged by its leaves; null while an instance is unfinished. Where a failure has others skipped,
 * the leaves may be among these, and the failure itself decides.
 */
export function endOf({ failFast, leaves, tasks }: DagStructure, states: InstanceStates): "success" | "failed" | null {
  if (states.unfinished > 0) return null;
  const hasFailed = (task: number) => states.countsOf(task).failed > 0;
  const failed =
    leaves.some((leaf) => hasFailed(leaf) || states.countsOf(leaf).upstream_failed > 0) ||
    (failFast && tasks.some(({ isTeardown }, task) => !isTeardown && hasFailed(task)));
  return failed ? "failed" : "success";
}

/**
 * Whether instances are left but none is on its way; when nothing is ready or affected either, none ever will be.
 * As in Airflow, a task that depends on earlier runs or has a limit of its own may always have a reason to wait.
 */
export function isStuck({ tasks }: DagStructure, states: InstanceStates): boolean {
  if (states.unfinished === 0 || states.untouched < states.unfinished) return false;
  return tasks.every((task, index) => {
    const mayWait = task.dependsOnPast || task.maxActiveTisPerDag !== null || task.maxActiveTisPerDagrun !== null;
    return !mayWait || states.isDone(index);
  });
}
