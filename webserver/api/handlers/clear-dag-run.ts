import { clearRun } from "#core/database/by-hand/clear-instances.ts";
import { findRunRow } from "#core/database/console-runs.ts";
import { recordEvent } from "#core/database/record-event.ts";
import type { DagRunAnswer, Page, TaskInstanceAnswer } from "../../protocol.ts";
import type { Handler } from "../call.ts";
import { runOf } from "../find-or-404.ts";
import { readBody } from "../read-body.ts";
import { readFlag } from "../read-fields.ts";
import { showInstances } from "../show/show-instances.ts";
import { showRun } from "../show/show-run.ts";

/** Clears a run and answers it, or (by default) says which of its task instances it would clear. */
export const clearDagRun: Handler = async (
  call,
): Promise<DagRunAnswer | Page<"task_instances", TaskInstanceAnswer>> => {
  const { db } = call.server;
  const { dag_id: dagId, run_id: runId } = await runOf(call);
  const body = readBody(call.body, ["dry_run", "only_failed", "run_on_latest_version"]);
  const dryRun = readFlag(body, "dry_run") ?? true;
  const instances = await clearRun(db, dagId, runId, {
    dryRun,
    onlyFailed: readFlag(body, "only_failed"),
    runOnLatestVersion: readFlag(body, "run_on_latest_version"),
  });
  if (dryRun) return showInstances(db, instances);
  await recordEvent(db, { event: "clear_dag_run", dagId, runId, extra: body });
  return showRun((await findRunRow(db, dagId, runId))!);
};
