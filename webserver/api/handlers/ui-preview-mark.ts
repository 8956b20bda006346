import { markRun, RUN_MARKS, type RunMark } from "#core/database/by-hand/mark-run.ts";
import type { Page, TaskInstanceAnswer } from "../../protocol.ts";
import { invalid } from "../api-error.ts";
import type { Handler } from "../call.ts";
import { runOf } from "../find-or-404.ts";
import { showInstances } from "../show/show-instances.ts";

/** The task instances that would change if a run were marked. */
export const uiPreviewMark: Handler = async (call): Promise<Page<"task_instances", TaskInstanceAnswer>> => {
  const { db } = call.server;
  const { dag_id: dagId, run_id: runId } = await runOf(call);
  const mark = call.params.mark as RunMark;
  if (!RUN_MARKS.includes(mark)) {
    throw invalid(["path", "mark"], "enum", "Input should be 'queued', 'success' or 'failed'", mark);
  }
  return showInstances(db, await markRun(db, dagId, runId, mark, { dryRun: true }));
};
