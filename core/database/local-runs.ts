import type { Queryable } from "./connect.ts";

/** The queues that task instances of a database go to. */
export async function listQueues(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ queue: string }>("select distinct queue from task_instance");
  return rows.map(({ queue }) => queue);
}

/** Whether a run has ended, and every callback that its ends called for has been called. */
export async function hasLocalRunEnded(db: Queryable, dagId: string, runId: string): Promise<boolean> {
  const { rows } = await db.query<{ ended: boolean }>(
    `select not exists (select from callback_request)
              and state in ('success', 'failed') as ended from dag_run where dag_id = $1 and run_id = $2`,
    [dagId, runId],
  );
  return rows[0]!.ended;
}

/**
 * Leaves one instance of one task in a run, in place of all others, and gives it no second try: so nothing is before
 * it, and it runs alone. False when the run has no such task.
 */
export async function keepOneTask(db: Queryable, dagRunId: number, taskId: string, mapIndex: number): Promise<boolean> {
  await db.query("delete from task_instance where dag_run_id = $1 and task_id <> $2", [dagRunId, taskId]);
  const { rowCount } = await db.query("update task_instance set max_tries = 0, map_index = $2 where dag_run_id = $1", [
    dagRunId,
    mapIndex,
  ]);
  return rowCount === 1;
}

/** Lets tasks of a run that has not begun succeed without running. */
export async function passOver(db: Queryable, dagRunId: number, taskIds: readonly string[]): Promise<void> {
  await db.query(
    `update task_instance set state = 'success', start_date = now(), end_date = now()
      where dag_run_id = $1 and task_id = any($2) and state is null`,
    [dagRunId, taskIds],
  );
}
