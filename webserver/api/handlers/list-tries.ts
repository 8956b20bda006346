import { listPastTries } from "#core/database/console-task-instances.ts";
import type { Page, TaskInstanceTryAnswer } from "../../protocol.ts";
import type { Handler } from "../call.ts";
import { taskInstanceOf } from "../find-or-404.ts";
import { showTry } from "../show/show-task-instance.ts";

/** The tries of a task instance, first try first. One that was never queued has none. */
export const listTries: Handler = async (call): Promise<Page<"task_instances", TaskInstanceTryAnswer>> => {
  const latest = await taskInstanceOf(call);
  const past = await listPastTries(call.server.db, latest.dag_run_id, latest.task_id, latest.map_index);
  // A row that was cleared or waits for a retry has the number of the try that is already in the history.
  const isNew = latest.try_number > 0 && past.every((attempt) => attempt.try_number !== latest.try_number);
  const tries = isNew ? [...past, latest] : past;
  return { task_instances: tries.map((attempt) => showTry(latest, attempt)), total_entries: tries.length };
};
