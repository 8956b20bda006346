import type { Queryable } from "#core/database/connect.ts";
import { listNamedTaskInstances } from "#core/database/console-task-instances.ts";
import type { TaskOfRun } from "#core/database/ready-tasks.ts";
import type { Page, TaskInstanceAnswer } from "../../protocol.ts";
import { showTaskInstance } from "./show-task-instance.ts";

/** Task instances that were cleared, marked or would be, as they are now. */
export async function showInstances(
  db: Queryable,
  instances: readonly TaskOfRun[],
): Promise<Page<"task_instances", TaskInstanceAnswer>> {
  const rows = await listNamedTaskInstances(db, instances);
  return { task_instances: rows.map(showTaskInstance), total_entries: rows.length };
}
