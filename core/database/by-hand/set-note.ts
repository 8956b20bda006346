import type { Queryable } from "../connect.ts";

/** Tells consoles of a changed run of `changed (dag_run_id, dag_id)`. */
const TELL = `select pg_notify('daisy_view', json_build_object('dagRunId', dag_run_id, 'dagId', dag_id)::text)
                from (select distinct dag_run_id, dag_id from changed) as runs`;

/** Writes a note on a run, in place of an earlier one; null takes it away. */
export async function setRunNote(db: Queryable, dagRunId: number, note: string | null): Promise<void> {
  await db.query(
    `with changed as (update dag_run set note = $2 where id = $1 returning id as dag_run_id, dag_id) ${TELL}`,
    [dagRunId, note],
  );
}

/** Writes a note on task instances, in place of earlier ones; null takes them away. */
export async function setTaskNotes(
  db: Queryable,
  dagRunId: number,
  taskId: string,
  mapIndexes: readonly number[],
  note: string | null,
): Promise<void> {
  await db.query(
    `with changed as (
       update task_instance set note = $4 where dag_run_id = $1 and task_id = $2 and map_index = any($3)
       returning dag_run_id, dag_id
     ) ${TELL}`,
    [dagRunId, taskId, mapIndexes, note],
  );
}
