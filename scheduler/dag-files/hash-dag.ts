import { createHash } from "node:crypto";
import type { SerializedDag } from "#sdk/serialized-dag.ts";

/** Lists whose order says nothing: what they hold is written in an order of its own. */
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
  return createHash("sha256").update(canonicalJson(dag)).digest("hex");
}

function canonicalJson({ dag }: SerializedDag): string {
  const { fileloc: _, relative_fileloc: __, tasks, ...content } = dag;
  const byId = [...tasks].sort((a, b) => (a.__var.task_id < b.__var.task_id ? -1 : 1));
  return JSON.stringify({ ...content, tasks: byId }, (key, value: unknown) => {
    if (Array.isArray(value)) return UNORDERED.has(key) ? [...value].sort() : value;
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
