import type { ChosenInstance } from "#core/database/by-hand/choose-instances.ts";
import { MARKS, type Mark, markInstances } from "#core/database/by-hand/mark-instances.ts";
import { setNotes } from "#core/database/by-hand/set-note.ts";
import type { Database } from "#core/database/connect.ts";
import { nameOf, type TaskInstanceRow } from "#core/database/console-task-instances.ts";
import { ApiError, invalid } from "./api-error.ts";
import { readFlag, readText } from "./read-fields.ts";
import { NOTE_RULES } from "./read-note.ts";

/** The fields that say how task instances are changed. */
export const PATCH_FIELDS = [
  ...["new_state", "note", "include_upstream", "include_downstream", "include_future", "include_past"],
];

/** How task instances are changed. */
export interface InstancePatch {
  readonly mark: Mark | undefined;
  /** null takes the note away. */
  readonly note: string | null | undefined;
  readonly scope: Readonly<Record<"upstream" | "downstream" | "future" | "past", boolean | undefined>>;
}

/** @param fields the names of those that count, besides the scope */
export function readInstancePatch(body: Readonly<Record<string, unknown>>, fields: ReadonlySet<string>): InstancePatch {
  const isGiven = (name: string) => fields.has(name) && name in body;
  return {
    mark: isGiven("new_state") ? readMark(body.new_state) : undefined,
    note: isGiven("note") ? readText(body, "note", NOTE_RULES) : undefined,
    scope: {
      upstream: readFlag(body, "include_upstream"),
      downstream: readFlag(body, "include_downstream"),
      future: readFlag(body, "include_future"),
      past: readFlag(body, "include_past"),
    },
  };
}

function readMark(value: unknown): Mark {
  const loc = ["body", "new_state"];
  if (value === null) throw invalid(loc, "value_error", "Value error, 'new_state' should not be empty", value);
  const mark = typeof value === "string" ? value.toLowerCase() : value;
  if (MARKS.includes(mark as Mark)) return mark as Mark;
  const known = MARKS.map((each) => `'${each}'`).join(", ");
  throw invalid(loc, "value_error", `Value error, '${String(value)}' is not one of [${known}]`, value);
}

/**
 * Marks instances of one task in one run, writes a note on them, or both.
 * @param isWhole whether the task as a whole is meant, also in other runs, where it may have more instances
 * @throws {ApiError} 409 when all that is meant is in the state already
 */
export async function patchInstances(
  db: Database,
  rows: readonly TaskInstanceRow[],
  patch: InstancePatch,
  isWhole: boolean,
): Promise<void> {
  if (patch.mark !== undefined && (await markRows(db, rows, patch, patch.mark, { isWhole })).length === 0) {
    throw new ApiError(409, `Task id ${rows[0]!.task_id} is already in ${patch.mark} state`);
  }
  if (patch.note === undefined) return;
  await setNotes(db, rows.map(nameOf), patch.note);
}

/** Marks instances of one task in one run, and what the patch's scope adds; returns what was in another state. */
export function markRows(
  db: Database,
  rows: readonly TaskInstanceRow[],
  { scope: { past, future, ...scope } }: InstancePatch,
  state: Mark,
  { isWhole, dryRun = false }: { readonly isWhole: boolean; readonly dryRun?: boolean },
): Promise<ChosenInstance[]> {
  const { dag_id: dagId, run_id: runId, task_id: taskId } = rows[0]!;
  const tasks = isWhole ? [taskId] : rows.map((row) => [taskId, row.map_index] as const);
  return markInstances(db, { dagId, runs: { runId, past, future }, tasks, ...scope }, state, { dryRun });
}
