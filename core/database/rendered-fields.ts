import type { JsonValue } from "#sdk/json.ts";
import type { Queryable } from "./connect.ts";

/** Which task instance rendered fields are of. */
export interface RenderedFieldsKey {
  readonly dagRunId: number;
  readonly taskId: string;
  readonly mapIndex: number;
}

/** Stores what a task instance's template fields became, in place of what its last try had. */
export async function storeRenderedFields(
  db: Queryable,
  { dagRunId, taskId, mapIndex }: RenderedFieldsKey,
  fields: Readonly<Record<string, JsonValue>>,
): Promise<void> {
  await db.query({
    name: "store-rendered-fields",
    text: `insert into rendered_task_instance_fields (dag_run_id, task_id, map_index, rendered_fields)
           values ($1, $2, $3, $4)
           on conflict (dag_run_id, task_id, map_index) do update set rendered_fields = excluded.rendered_fields`,
    values: [dagRunId, taskId, mapIndex, JSON.stringify(fields)],
  });
}
