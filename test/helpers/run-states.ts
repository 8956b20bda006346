import type { Queryable } from "#core/database/connect.ts";
import { until } from "./until.ts";

/** The states of a run's task instances by their task's id; an instance of a mapped task is `task[3]`. */
export async function statesOfRun(db: Queryable, dagRunId: number): Promise<Record<string, string | null>> {
  const { rows } = await db.query<{ name: string; state: string | null }>(
    `select task_id || case when map_index < 0 then '' else '[' || map_index || ']' end as name, state
       from task_instance where dag_run_id = $1 order by task_id, map_index`,
    [dagRunId],
  );
  return Object.fromEntries(rows.map(({ name, state }) => [name, state]));
}

/** Waits until a run is in a state. */
export async function untilRun(db: Queryable, dagRunId: number, state: string): Promise<void> {
  const isSo = async () => {
    const { rows } = await db.query<{ state: string }>("select state from dag_run where id = $1", [dagRunId]);
    return rows[0]?.state === state;
  };
  await until(`run ${dagRunId} is ${state}`, isSo);
}
