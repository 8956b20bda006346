import type { HitlRow } from "#core/database/console-hitl.ts";
import type { TaskInstanceRow } from "#core/database/console-task-instances.ts";
import { maskText } from "#core/secrets/mask-secrets.ts";
import type { HitlDetailAnswer } from "../../protocol.ts";
import { showInstant } from "./show-instant.ts";
import { showTaskInstance } from "./show-task-instance.ts";

/** A task's question to people as Airflow's API answers it. */
export function showHitl(row: HitlRow, taskInstance: TaskInstanceRow): HitlDetailAnswer {
  return {
    task_instance: showTaskInstance(taskInstance),
    options: row.options,
    subject: maskText(row.subject),
    body: row.body === null ? null : maskText(row.body),
    defaults: row.defaults,
    multiple: row.multiple,
    params: row.params,
    assigned_users: row.assigned_users,
    created_at: row.created_at.toISOString(),
    responded_by_user: row.responded_by,
    responded_at: showInstant(row.responded_at),
    chosen_options: row.chosen_options,
    params_input: row.params_input ?? {},
    response_received: row.responded_at !== null,
  };
}
