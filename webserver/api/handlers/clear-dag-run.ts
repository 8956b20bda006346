import { addNewTasks } from "#core/database/by-hand/add-new-tasks.ts";
import { clearRun } from "#core/database/by-hand/clear-instances.ts";
import { setRunNote } from "#core/database/by-hand/set-note.ts";
import { findRunRow } from "#core/database/console-runs.ts";
import { recordEvent } from "#core/database/record-event.ts";
import type { DagRunAnswer, NewTaskAnswer, Page, TaskInstanceAnswer } from "../../protocol.ts";
import { invalid } from "../api-error.ts";
import type { Handler } from "../call.ts";
import { runOf } from "../find-or-404.ts";
import { readBody } from "../read-body.ts";
import { readFlag, readText } from "../read-fields.ts";
import { NOTE_RULES } from "../read-note.ts";
import { showInstances } from "../show/show-instances.ts";
import { showRun } from "../show/show-run.ts";

const FIELDS = ["dry_run", "only_failed", "only_new", "run_on_latest_version", "note"];

type Answer = DagRunAnswer | Page<"task_instances", TaskInstanceAnswer | NewTaskAnswer>;

/**
 * Clears a run and answers it, or (by default) says which of its task instances it would clear. `only_new` clears none,
 * but lets the run have the tasks that are new in the DAG's latest version.
 */
export const clearDagRun: Handler = async (call): Promise<Answer> => {
  const { db } = call.server;
  const { id, dag_id: dagId, run_id: runId } = await runOf(call);
  const body = readBody(call.body, FIELDS);
  const dryRun = readFlag(body, "dry_run") ?? true;
  const [onlyFailed, onlyNew] = [readFlag(body, "only_failed"), readFlag(body, "only_new")];
  const note = readText(body, "note", NOTE_RULES);
  if (onlyNew && onlyFailed) {
    throw invalid(["body"], "value_error", "Value error, only_new and only_failed are mutually exclusive", body);
  }
  const runOnLatestVersion = readFlag(body, "run_on_latest_version");
  const shown = onlyNew
    ? showNewTasks(await addNewTasks(db, dagId, runId, { dryRun }))
    : await showInstances(db, await clearRun(db, dagId, runId, { dryRun, onlyFailed, runOnLatestVersion }));
  if (dryRun) return shown;
  if (note !== null) await setRunNote(db, id, note);
  await recordEvent(db, { event: "clear_dag_run", dagId, runId, extra: body });
  return showRun((await findRunRow(db, dagId, runId))!);
};

function showNewTasks(taskIds: readonly string[]): Page<"task_instances", NewTaskAnswer> {
  const tasks = taskIds.map((taskId) => ({ task_id: taskId, task_display_name: taskId }));
  return { task_instances: tasks, total_entries: tasks.length };
}
