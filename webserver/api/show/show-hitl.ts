import type { HitlRow } from "#core/database/console-hitl.ts";
import type { TaskInstanceRow } from "#core/database/console-task-instances.ts";
import { maskSecrets, maskText } from "#core/secrets/mask-secrets.ts";
import type { HitlDetailAnswer, Json } from "../../protocol.ts";
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
    params: showParams(row),
    assigned_users: row.assigned_users,
    created_at: row.created_at.toISOString(),
    responded_by_user: row.responded_by,
    responded_at: showInstant(row.responded_at),
    chosen_options: row.chosen_options,
    params_input: showInput(row.params_input ?? {}),
    response_received: row.responded_at !== null,
  };
}

/** What was filled in, by the names of the params. */
export function showInput(input: Readonly<Record<string, Json>>): Record<string, Json> {
  return maskSecrets(input) as Record<string, Json>;
}

function showParams({ params }: HitlRow): HitlDetailAnswer["params"] {
  return Object.fromEntries(
    Object.entries(params).map(([name, param]) => [name, { ...param, value: maskSecrets(param.value, name) }]),
  );
}
