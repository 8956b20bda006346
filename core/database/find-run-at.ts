import type { Queryable } from "./connect.ts";

/** The id of a DAG's run with a logical date, if there is one. */
export async function findRunAt(db: Queryable, dagId: string, logicalDate: Date): Promise<string | undefined> {
  const { rows } = await db.query<{ run_id: string }>(
    "select run_id from dag_run where dag_id = $1 and logical_date = $2",
    [dagId, logicalDate],
  );
  return rows[0]?.run_id;
}
