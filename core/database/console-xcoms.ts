import type { Queryable } from "./connect.ts";

export interface XComRow {
  key: string;
  value: unknown;
  timestamp: Date;
}

/** What a task instance left for others, by key. */
export async function listXComs(db: Queryable, dagRunId: number, taskId: string, mapIndex: number): Promise<XComRow[]> {
  const { rows } = await db.query<XComRow>(
    `select key, value, timestamp from xcom
     where dag_run_id = $1 and task_id = $2 and map_index = $3 order by key`,
    [dagRunId, taskId, mapIndex],
  );
  return rows;
}
