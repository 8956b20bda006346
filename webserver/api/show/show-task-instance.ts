import type { TaskInstanceRow, TryRow } from "#core/database/console-task-instances.ts";
import type { TaskInstanceAnswer, TaskInstanceTryAnswer } from "../../protocol.ts";
import { showVersion } from "./show-dag.ts";
import { showInstant, showSeconds } from "./show-instant.ts";
import { showTrigger, showTriggerer } from "./show-trigger.ts";

/** A task instance as Airflow's API answers it. */
export function showTaskInstance(row: TaskInstanceRow): TaskInstanceAnswer {
  return {
    id: row.id,
    task_id: row.task_id,
    task_display_name: row.task_id,
    dag_id: row.dag_id,
    dag_display_name: row.dag_display_name ?? row.dag_id,
    dag_run_id: row.run_id,
    map_index: row.map_index,
    rendered_map_index: row.rendered_map_index ?? (row.map_index < 0 ? null : String(row.map_index)),
    logical_date: showInstant(row.logical_date),
    run_after: row.run_after.toISOString(),
    start_date: showInstant(row.start_date),
    end_date: showInstant(row.end_date),
    duration: showSeconds(row.start_date, row.end_date),
    state: row.state,
    try_number: row.try_number,
    max_tries: row.max_tries,
    hostname: row.hostname,
    unixname: null,
    pool: row.pool,
    pool_slots: row.pool_slots,
    queue: row.queue,
    priority_weight: row.priority_weight,
    operator: row.operator,
    operator_name: row.operator,
    queued_when: showInstant(row.queued_at),
    scheduled_when: showInstant(row.scheduled_at),
    pid: row.pid,
    executor: null,
    executor_config: "{}",
    note: row.note,
    rendered_fields: row.rendered_fields ?? {},
    trigger: showTrigger(row),
    triggerer_job: showTriggerer(row),
    dag_version: showVersion(
      row.dag_id,
      row.dag_display_name,
      row.version_id,
      row.version_number,
      row.version_created_at,
    ),
  };
}

/** One try of a task instance: the latest one, or one that came before it. */
export function showTry(row: TaskInstanceRow, attempt: TryRow): TaskInstanceTryAnswer {
  const {
    id: _id,
    logical_date: _logicalDate,
    run_after: _runAfter,
    rendered_map_index: _renderedMapIndex,
    rendered_fields: _renderedFields,
    note: _note,
    trigger: _trigger,
    triggerer_job: _triggererJob,
    ...common
  } = showTaskInstance(row);
  return {
    ...common,
    task_instance_id: attempt.id,
    state: attempt.state,
    try_number: attempt.try_number,
    start_date: showInstant(attempt.start_date),
    end_date: showInstant(attempt.end_date),
    duration: showSeconds(attempt.start_date, attempt.end_date),
    queued_when: showInstant(attempt.queued_at),
    hostname: attempt.hostname,
    pid: attempt.pid,
  };
}
