import type { PlannedTask } from "../dag-structure/dag-structure.ts";

/**
 * What task instances' rows are made from, one array a column: retries, operator, pool, pool slots, queue, priority
 * weight, and the limits per DAG and per run.
 */
export function plannedColumns(tasks: readonly PlannedTask[]): unknown[][] {
  return [
    tasks.map((task) => task.retries),
    tasks.map((task) => task.operator),
    tasks.map((task) => task.pool),
    tasks.map((task) => task.poolSlots),
    tasks.map((task) => task.queue),
    tasks.map((task) => task.priorityWeight),
    tasks.map((task) => task.maxActiveTisPerDag),
    tasks.map((task) => task.maxActiveTisPerDagrun),
  ];
}
