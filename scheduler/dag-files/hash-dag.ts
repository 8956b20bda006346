import { createHash } from "node:crypto";
import type { SerializedDag } from "#sdk/serialized-dag.ts";

/** Lists whose order says nothing. */
const UNORDERED = new Set([
  "tags",
  "downstream_task_ids",
  "upstream_task_ids",
  "upstream_group_ids",
  "downstream_group_ids",
]);

/**
 * A hash of what a DAG is, whatever file it lies in, in whatever order its keys were written and its tasks declared
 * (Airflow's `SerializedDagModel.hash`).
 */
export function hashDag(dag: SerializedDag): string {
  const text = JSON.stringify(comparableForm(dag), (_, value: unknown) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
  return createHash("sha256").update(text).digest("hex");
}

/** A DAG without its file's place; what has no order is an object, so that the same is found at the same place. */
export function comparableForm({ dag }: SerializedDag): unknown {
  const { fileloc: _, relative_fileloc: __, tasks, ...content } = dag;
  return withSets({ ...content, tasks: Object.fromEntries(tasks.map((task) => [task.__var.task_id, task])) }, "");
}

function withSets(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    if (UNORDERED.has(name)) return Object.fromEntries(value.map((item) => [String(item), true]));
    return value.map((item) => withSets(item, ""));
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withSets(item, key)]));
}
