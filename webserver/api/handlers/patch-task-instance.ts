import type { ChosenInstance } from "#core/database/by-hand/choose-instances.ts";
import { MARKS, type Mark, markInstances } from "#core/database/by-hand/mark-instances.ts";
import { setTaskNotes } from "#core/database/by-hand/set-note.ts";
import type { TaskInstanceRow } from "#core/database/console-task-instances.ts";
import { recordEvent } from "#core/database/record-event.ts";
import type { Page, TaskInstanceAnswer } from "../../protocol.ts";
import { ApiError, invalid } from "../api-error.ts";
import type { Call, Handler } from "../call.ts";
import { taskInstancesOf } from "../find-or-404.ts";
import { readBody } from "../read-body.ts";
import { fieldsToPatch, readFlag, readText } from "../read-fields.ts";
import { NOTE_RULES } from "../read-note.ts";
import { showInstances } from "../show/show-instances.ts";

const FIELDS = ["new_state", "note", "include_upstream", "include_downstream", "include_future", "include_past"];

interface Patch {
  readonly mark: Mark | undefined;
  /** null takes the note away. */
  readonly note: string | null | undefined;
  readonly scope: Readonly<Record<"upstream" | "downstream" | "future" | "past", boolean | undefined>>;
}

type Answer = Page<"task_instances", TaskInstanceAnswer>;

/** Marks a task instance, or all of a mapped task, writes a note on them, or both. */
export const patchTaskInstance: Handler = async (call): Promise<Answer> => {
  const { db } = call.server;
  const rows = await taskInstancesOf(call);
  const patch = readPatch(call);
  if (patch.mark !== undefined && (await mark(call, rows, patch, patch.mark, false)).length === 0) {
    throw new ApiError(409, `Task id ${call.params.taskId} is already in ${patch.mark} state`);
  }
  const { dag_run_id: dagRunId, dag_id: dagId, run_id: runId, task_id: taskId } = rows[0]!;
  const indexes = rows.map((row) => row.map_index);
  if (patch.note !== undefined) await setTaskNotes(db, dagRunId, taskId, indexes, patch.note);
  await recordEvent(db, { event: "patch_task_instance", dagId, runId, taskId, extra: call.body });
  return showInstances(db, rows.map(nameOf));
};

/** Says which task instances a mark would change. */
export const dryRunTaskInstance: Handler = async (call): Promise<Answer> => {
  const rows = await taskInstancesOf(call);
  const patch = readPatch(call);
  const instances = patch.mark === undefined ? rows.map(nameOf) : await mark(call, rows, patch, patch.mark, true);
  return showInstances(call.server.db, instances);
};

function mark(
  { server, params }: Call,
  rows: readonly TaskInstanceRow[],
  { scope: { past, future, ...scope } }: Patch,
  state: Mark,
  dryRun: boolean,
): Promise<ChosenInstance[]> {
  const { dag_id: dagId, run_id: runId, task_id: taskId } = rows[0]!;
  // Without an index the task as a whole is meant, also in other runs, where it may have more instances.
  const tasks = params.mapIndex === undefined ? [taskId] : rows.map((row) => [taskId, row.map_index] as const);
  return markInstances(server.db, { dagId, runs: { runId, past, future }, tasks, ...scope }, state, { dryRun });
}

function readPatch({ body: value, query }: Call): Patch {
  const body = readBody(value, FIELDS);
  const fields = fieldsToPatch(body, query);
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

function nameOf({ dag_run_id: dagRunId, task_id: taskId, map_index: mapIndex }: TaskInstanceRow) {
  return { dagRunId, taskId, mapIndex };
}
