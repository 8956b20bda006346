import type { Queryable } from "../connect.ts";
import type { TaskOfRun } from "../ready-tasks.ts";

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
export async function setNotes(db: Queryable, instances: readonly TaskOfRun[], note: string | null): Promise<void> {
  await db.query(
    `with changed as (
       update task_instance ti set note = $4
         from unnest($1::bigint[], $2::text[], $3::integer[]) as named (dag_run_id, task_id, map_index)
        where ti.dag_run_id = named.dag_run_id and ti.task_id = named.task_id and ti.map_index = named.map_index
       returning ti.dag_run_id, ti.dag_id
     ) ${TELL}`,
    [
      instances.map(({ dagRunId }) => dagRunId),
      instances.map(({ taskId }) => taskId),
      instances.map(({ mapIndex }) => mapIndex),
      note,
    ],
  );
}
