import { deleteTaskInstance } from "#core/database/by-hand/delete-run.ts";
import { recordEvent } from "#core/database/record-event.ts";
import type { Handler } from "../call.ts";
import { taskInstanceOf } from "../find-or-404.ts";

/** Deletes a task instance; its run goes on without it. */
export const deleteTaskInstanceHandler: Handler = async (call): Promise<null> => {
  const { db } = call.server;
  const row = await taskInstanceOf(call);
  const { dag_run_id: dagRunId, task_id: taskId, map_index: mapIndex } = row;
  await deleteTaskInstance(db, { dagRunId, taskId, mapIndex });
  await recordEvent(db, { event: "delete_task_instance", dagId: row.dag_id, runId: row.run_id, taskId });
  return null;
};
