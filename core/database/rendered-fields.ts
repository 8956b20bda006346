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

/** Runs that are looked at in one go, so that a DAG with many old runs costs no more than another. */
const MOST_PRUNED = 100;

/** Deletes what the template fields of a DAG became in runs that came before the newest ones. */
export async function pruneRenderedFields(db: Queryable, dagId: string, runsToKeep: number): Promise<void> {
  await db.query({
    name: "prune-rendered-fields",
    text: `delete from rendered_task_instance_fields
            where dag_run_id in (select id from dag_run where dag_id = $1 order by id desc offset $2 limit $3)`,
    values: [dagId, runsToKeep, MOST_PRUNED],
  });
}
