import type { RunChoice } from "#core/database/by-hand/choose-instances.ts";
import { type ClearChoice, type ClearOptions, clearInstances } from "#core/database/by-hand/clear-instances.ts";
import { setNotes } from "#core/database/by-hand/set-note.ts";
import { findRunRow } from "#core/database/console-runs.ts";
import { recordEvent } from "#core/database/record-event.ts";
import type { Page, TaskInstanceAnswer } from "../../protocol.ts";
import { ApiError, invalid } from "../api-error.ts";
import type { Handler } from "../call.ts";
import { dagOf } from "../find-or-404.ts";
import { readBody } from "../read-body.ts";
import { readFlag, readText } from "../read-fields.ts";
import { NOTE_RULES } from "../read-note.ts";
import { parseInstant } from "../read-query.ts";
import { readTasks } from "../read-tasks.ts";
import { showInstances } from "../show/show-instances.ts";

const FLAGS = [
  ...["dry_run", "only_failed", "only_running", "reset_dag_runs", "include_upstream", "include_downstream"],
  ...["include_future", "include_past", "run_on_latest_version", "prevent_running_task", "include_recursive"],
] as const;
const FIELDS = [...FLAGS, "start_date", "end_date", "task_ids", "dag_run_id", "note"];

type Body = Readonly<Record<string, unknown>>;

/**
 * Clears task instances, or (by default) says which ones it would clear. `include_recursive` is Daisy's own: whether
 * external task markers lead on to other DAGs, which Airflow's API always does.
 */
export const clearTaskInstances: Handler = async (call): Promise<Page<"task_instances", TaskInstanceAnswer>> => {
  const { db } = call.server;
  const { dag_id: dagId } = await dagOf(call);
  const body = readBody(call.body, FIELDS);
  const choice = readChoice(body, dagId);
  const options = readOptions(body);
  if ("runId" in choice.runs) await checkRun(db, dagId, choice.runs.runId);
  const instances = await clearInstances(db, choice, options);
  const note = readText(body, "note", NOTE_RULES);
  if (!options.dryRun) {
    if (note !== null) await setNotes(db, instances, note);
    await recordEvent(db, { event: "post_clear_task_instances", dagId, extra: body });
  }
  return showInstances(db, instances);
};

function readChoice(body: Body, dagId: string): ClearChoice {
  if (readFlag(body, "only_failed") && readFlag(body, "only_running")) {
    throw wrong(body, "only_failed and only_running both are set to True");
  }
  return {
    dagId,
    runs: readRuns(body),
    tasks: readTasks(body, "task_ids"),
    upstream: readFlag(body, "include_upstream"),
    downstream: readFlag(body, "include_downstream"),
    onlyFailed: readFlag(body, "only_failed") ?? true,
    onlyRunning: readFlag(body, "only_running"),
    recursive: readFlag(body, "include_recursive") ?? true,
  };
}

function readRuns(body: Body): RunChoice {
  const [from, to] = [readDate(body, "start_date"), readDate(body, "end_date")];
  if (from !== undefined && to !== undefined && to < from) throw wrong(body, "end_date is sooner than start_date");
  const runId = readText(body, "dag_run_id");
  if (runId === null) return { from, to };
  if (from !== undefined || to !== undefined) {
    const dates = from === undefined ? "end_date" : to === undefined ? "start_date" : "(start_date and end_date)";
    throw wrong(body, `Exactly one of dag_run_id or ${dates} must be provided`);
  }
  return { runId, past: readFlag(body, "include_past"), future: readFlag(body, "include_future") };
}

function readOptions(body: Body): ClearOptions {
  return {
    dryRun: readFlag(body, "dry_run") ?? true,
    resetRuns: readFlag(body, "reset_dag_runs") ?? true,
    runOnLatestVersion: readFlag(body, "run_on_latest_version"),
    refuseRunning: readFlag(body, "prevent_running_task"),
  };
}

async function checkRun(db: Parameters<typeof findRunRow>[0], dagId: string, runId: string): Promise<void> {
  if ((await findRunRow(db, dagId, runId)) !== undefined) return;
  throw new ApiError(404, `Dag Run id ${runId} not found in dag ${dagId}`);
}

function readDate(body: Body, name: string): Date | undefined {
  const value = body[name] ?? undefined;
  return value === undefined ? undefined : parseInstant(value, ["body", name]);
}

function wrong(body: Body, problem: string): ApiError {
  return invalid(["body"], "value_error", `Value error, ${problem}`, body);
}
