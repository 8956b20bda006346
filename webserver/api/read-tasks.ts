import type { TaskChoice } from "#core/database/by-hand/choose-instances.ts";
import { invalid } from "./api-error.ts";

/**
 * A field that lists tasks: ids, or pairs of an id and a map index; undefined when it is null or absent. 422 when it
 * is anything else, or empty.
 */
export function readTasks(body: Readonly<Record<string, unknown>>, name: string): TaskChoice["tasks"] {
  const value = body[name] ?? undefined;
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw invalid(["body", name], "list_type", "Input should be a valid list", value);
  if (value.length === 0) {
    throw invalid(["body"], "value_error", `Value error, ${name} list should have at least 1 element.`, body);
  }
  return value.map((entry: unknown, index) => readTask(entry, ["body", name, index]));
}

function readTask(entry: unknown, loc: (string | number)[]): string | readonly [string, number] {
  if (isTaskId(entry)) return entry;
  if (Array.isArray(entry) && entry.length === 2) {
    const [taskId, mapIndex] = entry as [unknown, unknown];
    if (isTaskId(taskId) && Number.isInteger(mapIndex)) return [taskId, mapIndex as number];
  }
  throw invalid(loc, "string_type", "Input should be a task id, or a pair of a task id and a map index", entry);
}

/** PostgreSQL takes no NUL. */
function isTaskId(value: unknown): value is string {
  return typeof value === "string" && !value.includes("\0");
}
