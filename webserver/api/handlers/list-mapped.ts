import { findCurrentVersion } from "#core/database/console-dags.ts";
import { listTaskInstances, TASK_INSTANCE_ORDER } from "#core/database/console-task-instances.ts";
import type { Page, TaskInstanceAnswer } from "../../protocol.ts";
import { ApiError } from "../api-error.ts";
import type { Call, Handler } from "../call.ts";
import { dagOf, runOf } from "../find-or-404.ts";
import { readPage } from "../read-query.ts";
import { readTaskInstanceFilter } from "../read-task-instance-filter.ts";
import { showTaskInstance } from "../show/show-task-instance.ts";

/** The instances of a mapped task; none are a 404 when the task is not mapped. */
export const listMapped: Handler = async (call): Promise<Page<"task_instances", TaskInstanceAnswer>> => {
  const { server, params, query } = call;
  const run = await runOf(call);
  const { rows, total } = await listTaskInstances(
    server.db,
    { ...readTaskInstanceFilter(query), dagId: run.dag_id, runId: run.run_id, taskId: params.taskId, isMapped: true },
    readPage(query, TASK_INSTANCE_ORDER, "map_index"),
  );
  if (total === 0) await checkMapped(call);
  return { task_instances: rows.map(showTaskInstance), total_entries: total };
};

async function checkMapped(call: Call): Promise<void> {
  const { taskId } = call.params;
  const dag = await dagOf(call);
  const version = await findCurrentVersion(call.server.db, dag.dag_id);
  const task = version?.serialized.dag.tasks.find(({ __var }) => __var.task_id === taskId)?.__var;
  if (task === undefined) throw new ApiError(404, `Task id ${taskId} not found`);
  if (!task._is_mapped) throw new ApiError(404, `Task id ${taskId} is not mapped`);
}
