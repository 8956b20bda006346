import { deleteTaskInstance } from "#core/database/by-hand/delete-run.ts";
import { nameOf } from "#core/database/console-task-instances.ts";
import { recordEvent } from "#core/database/record-event.ts";
import type { Handler } from "../call.ts";
import { taskInstanceOf } from "../find-or-404.ts";

/** Deletes a task instance; its run goes on without it. */
export const deleteTaskInstanceHandler: Handler = async (call): Promise<null> => {
  const { db } = call.server;
  const row = await taskInstanceOf(call);
  const { dag_id: dagId, run_id: runId, task_id: taskId } = row;
  await deleteTaskInstance(db, nameOf(row));
  await recordEvent(db, { event: "delete_task_instance", dagId, runId, taskId });
  return null;
};
