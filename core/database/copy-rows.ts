import type { Queryable } from "./connect.ts";

/** Tables that hold what an installation is set up with, and nothing about runs. */
const SETTINGS = ["variable", "connection", "pool"] as const;

/** Gives an empty database the variables, connections and pools of another one; what is sealed stays sealed. */
export async function copySettings(from: Queryable, to: Queryable): Promise<void> {
  for (const table of SETTINGS) {
    await to.query(`delete from ${table}`);
    const { rows } = await from.query<{ rows: string | null }>(`select json_agg(row)::text as rows from ${table} row`);
    await to.query(`insert into ${table} select * from json_populate_recordset(null::${table}, $1)`, [
      rows[0]?.rows ?? "[]",
    ]);
  }
}

/** Gives a run of one database the XComs of a run of another one. */
export async function copyXComs(from: Queryable, fromRunId: number, to: Queryable, toRunId: number): Promise<void> {
  const { rows } = await from.query<{ rows: string | null }>(
    "select json_agg(x)::text as rows from xcom x where dag_run_id = $1",
    [fromRunId],
  );
  await to.query(
    `insert into xcom (dag_run_id, task_id, map_index, key, value, timestamp)
     select $2, task_id, map_index, key, value, timestamp from json_populate_recordset(null::xcom, $1)`,
    [rows[0]?.rows ?? "[]", toRunId],
  );
}
