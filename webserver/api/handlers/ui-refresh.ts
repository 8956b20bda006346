import { findDagRow } from "#core/database/console-dags.ts";
import { findImportError, findLatestHeartbeat, isAlive } from "#core/database/console-lists.ts";
import { maskText } from "#core/secrets/mask-secrets.ts";
import type { Flash } from "../../protocol.ts";
import type { Handler } from "../call.ts";
import { dagOf } from "../find-or-404.ts";

/** What bundling, starting a process and a busy scheduler may take beside the loading itself. */
const ALLOWANCE_MS = 10_000;

/** Has a DAG's file parsed now, and says how that went. */
export const uiRefresh: Handler = async (call): Promise<Flash> => {
  const { db, config, parseRequests } = call.server;
  const { dag_id: dagId, relative_fileloc: file } = await dagOf(call);
  const heartbeat = await findLatestHeartbeat(db, "SchedulerJob");
  const schedulerIsDown = !isAlive(heartbeat, config.scheduler.scheduler_health_check_threshold);
  const timeoutMs = schedulerIsDown ? 2_000 : config.core.dagbag_import_timeout * 1000 + ALLOWANCE_MS;
  if (!(await parseRequests.parse(db, file, timeoutMs))) {
    const reason = schedulerIsDown
      ? "The scheduler does not appear to be running."
      : `The scheduler has not parsed it within ${timeoutMs / 1000} seconds.`;
    return { category: "error", message: `DAG [${dagId}] was not refreshed: ${reason}` };
  }
  const error = await findImportError(db, file);
  if (error !== undefined) {
    const trace = maskText(error.stack_trace);
    const message = `DAG [${dagId}] was not refreshed, its file is broken: ${trace.trimStart().split("\n", 1)[0]}`;
    return { category: "error", message, detail: trace };
  }
  if ((await findDagRow(db, dagId))?.is_stale ?? true) {
    return { category: "error", message: `DAG "${dagId}" seems to be missing: ${file} does not declare it any more.` };
  }
  return { category: "success", message: `DAG [${dagId}] is now fresh as a daisy` };
};
