import { findCurrentVersion } from "#core/database/console-dags.ts";
import type { SerializedDagFields, SerializedTaskFields } from "#sdk/serialized-dag.ts";
import type { Page, TaskAnswer } from "../../protocol.ts";
import { ApiError } from "../api-error.ts";
import type { Call, Handler } from "../call.ts";
import { dagOf } from "../find-or-404.ts";
import { showDuration, showEpochSeconds, showParams } from "../show/show-dag.ts";

/** The tasks of the latest version of a DAG. */
export const listTasks: Handler = async (call): Promise<Page<"tasks", TaskAnswer>> => {
  const tasks = await tasksOf(call);
  return { tasks, total_entries: tasks.length };
};

/** One of them. */
export const getTask: Handler = async (call): Promise<TaskAnswer> => {
  const { taskId } = call.params;
  const task = (await tasksOf(call)).find((each) => each.task_id === taskId);
  if (task === undefined) throw new ApiError(404, `Task with id ${taskId} was not found`);
  return task;
};

async function tasksOf(call: Call): Promise<TaskAnswer[]> {
  const { dag_id: dagId } = await dagOf(call);
  const dag = (await findCurrentVersion(call.server.db, dagId))?.serialized.dag;
  return dag === undefined ? [] : dag.tasks.map((task) => showTask(task.__var, dag));
}

function showTask(task: SerializedTaskFields, dag: SerializedDagFields): TaskAnswer {
  return {
    task_id: task.task_id,
    task_display_name: task.task_id,
    owner: task.owner ?? "airflow",
    start_date: showEpochSeconds(task.start_date ?? dag.start_date),
    end_date: showEpochSeconds(task.end_date ?? dag.end_date),
    trigger_rule: task.trigger_rule ?? "all_success",
    depends_on_past: task.depends_on_past ?? false,
    wait_for_downstream: task.wait_for_downstream ?? false,
    retries: task.retries ?? 0,
    queue: task.queue ?? "default",
    pool: task.pool ?? "default_pool",
    pool_slots: task.pool_slots ?? 1,
    execution_timeout: showDuration(task.execution_timeout),
    retry_delay: showDuration(task.retry_delay ?? 300),
    retry_exponential_backoff: task.retry_exponential_backoff ?? 0,
    priority_weight: task.priority_weight ?? 1,
    weight_rule: task.weight_rule ?? "downstream",
    ui_color: task.ui_color ?? "#fff",
    ui_fgcolor: "#000",
    template_fields: [...task.template_fields],
    downstream_task_ids: [...(task.downstream_task_ids ?? [])],
    doc_md: task.doc_md ?? null,
    operator_name: task._operator_name ?? task.task_type,
    params: showParams(task),
    class_ref: { module_path: task._task_module, class_name: task.task_type },
    is_mapped: task._is_mapped ?? false,
    extra_links: [],
  };
}
