import type { TaskInstanceRow } from "#core/database/console-task-instances.ts";
import type { XComRow } from "#core/database/console-xcoms.ts";
import type { XComAnswer } from "../../protocol.ts";
import { showInstant } from "./show-instant.ts";

/** An XCom as Airflow's API answers it, without its value. */
export function showXCom(task: TaskInstanceRow, xcom: XComRow): XComAnswer {
  return {
    key: xcom.key,
    timestamp: xcom.timestamp.toISOString(),
    logical_date: showInstant(task.logical_date),
    map_index: task.map_index,
    task_id: task.task_id,
    task_display_name: task.task_id,
    dag_id: task.dag_id,
    dag_display_name: task.dag_display_name ?? task.dag_id,
    run_id: task.run_id,
    run_after: task.run_after.toISOString(),
  };
}
