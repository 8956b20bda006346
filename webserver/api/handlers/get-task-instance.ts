import type { TaskInstanceAnswer } from "../../protocol.ts";
import type { Handler } from "../call.ts";
import { taskInstanceOf } from "../find-or-404.ts";
import { showTaskInstance } from "../show/show-task-instance.ts";

export const getTaskInstance: Handler = async (call): Promise<TaskInstanceAnswer> =>
  showTaskInstance(await taskInstanceOf(call));
