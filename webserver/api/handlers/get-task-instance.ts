import { listInstancesOfTask } from "#core/database/console-task-instances.ts";
import type { TaskInstanceAnswer } from "../../protocol.ts";
import { ApiError } from "../api-error.ts";
import type { Handler } from "../call.ts";
import { taskInstanceOf } from "../find-or-404.ts";
import { showTaskInstance } from "../show/show-task-instance.ts";

/** A task instance; one of a mapped task is named by its map index. */
export const getTaskInstance: Handler = async (call): Promise<TaskInstanceAnswer> => {
  const { dagId, runId, taskId, mapIndex } = call.params;
  try {
    return showTaskInstance(await taskInstanceOf(call));
  } catch (error) {
    const isPlain = error instanceof ApiError && error.status === 404 && mapIndex === undefined;
    if (!isPlain || [dagId, runId, taskId].some((id) => id!.includes("\0"))) throw error;
    const mapped = await listInstancesOfTask(call.server.db, dagId!, runId!, taskId!);
    if (mapped.length === 0) throw error;
    throw new ApiError(404, "Task instance is mapped, add the map_index value to the URL");
  }
};
