import type { Queryable } from "#core/database/connect.ts";

/** The states of a run's task instances by their task's id; an instance of a mapped task is `task[3]`. */
export async function statesOfRun(db: Queryable, dagRunId: number): Promise<Record<string, string | null>> {
  const { rows } = await db.query<{ name: string; state: string | null }>(
    `select task_id || case when map_index < 0 then '' else '[' || map_index || ']' end as name, state
       from task_instance where dag_run_id = $1 order by task_id, map_index`,
    [dagRunId],
  );
  return Object.fromEntries(rows.map(({ name, state }) => [name, state]));
}
