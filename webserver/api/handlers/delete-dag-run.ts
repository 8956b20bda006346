import { deleteRun } from "#core/database/by-hand/delete-run.ts";
import { recordEvent } from "#core/database/record-event.ts";
import type { Handler } from "../call.ts";
import { runOf } from "../find-or-404.ts";

/** Deletes a run, unless it is running. */
export const deleteDagRun: Handler = async (call): Promise<void> => {
  const { db } = call.server;
  const { dag_id: dagId, run_id: runId } = await runOf(call);
  await deleteRun(db, dagId, runId);
  await recordEvent(db, { event: "delete_dag_run", dagId, runId });
  call.response.status(204).end();
};
