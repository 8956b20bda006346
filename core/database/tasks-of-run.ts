import type { DagStructure, PlannedTask } from "../dag-structure/dag-structure.ts";
import type { RunType } from "../run-id.ts";

/**
 * The tasks that a run has: those whose own startDate and endDate, if any, its logical date lies between (Airflow's
 * `DagRun.verify_integrity`). A backfill's run, and one without a logical date, has all.
 */
export function tasksOfRun(
  { tasks }: Pick<DagStructure, "tasks">,
  { logicalDate, runType }: { readonly logicalDate: Date | null; readonly runType: RunType },
): readonly PlannedTask[] {
  if (logicalDate === null || runType === "backfill") return tasks;
  const date = logicalDate.getTime() / 1000;
  const isDated = tasks.some(({ startDate, endDate }) => startDate !== null || endDate !== null);
  if (!isDated) return tasks;
  return tasks.filter(({ startDate, endDate }) => (startDate ?? date) <= date && date <= (endDate ?? date));
}
