import { DaisyError } from "../errors.ts";
import type { Queryable } from "./connect.ts";

/** Where an XCom is. */
export interface XComKey {
  readonly dagId: string;
  readonly runId: string;
  readonly taskId: string;
  /** -1 for an unmapped task. */
  readonly mapIndex: number;
  readonly key: string;
}

/** An XCom's value as JSON text, exactly as it was pushed, or null when there is none. */
export async function findXCom(
  db: Queryable,
  { dagId, runId, taskId, mapIndex, key }: XComKey,
): Promise<string | null> {
  const { rows } = await db.query<{ value: string }>({
    name: "find-xcom",
    text: `select xcom.value::text as value
             from xcom join dag_run on dag_run.id = xcom.dag_run_id
            where dag_run.dag_id = $1 and dag_run.run_id = $2
              and xcom.task_id = $3 and xcom.map_index = $4 and xcom.key = $5`,
    values: [dagId, runId, taskId, mapIndex, key],
  });
  return rows[0]?.value ?? null;
}

/** Like `findXCom`, but when the run has none, the newest one of runs with an earlier logical date. */
export async function findLatestXCom(
  db: Queryable,
  { dagId, runId, taskId, mapIndex, key }: XComKey,
): Promise<string | null> {
  const { rows } = await db.query<{ value: string }>({
    name: "find-latest-xcom",
    text: `select xcom.value::text as value
             from dag_run this
             join dag_run other on other.dag_id = this.dag_id
                               and (other.id = this.id or other.logical_date < this.logical_date)
             join xcom on xcom.dag_run_id = other.id
            where this.dag_id = $1 and this.run_id = $2
              and xcom.task_id = $3 and xcom.map_index = $4 and xcom.key = $5
            order by other.id = this.id desc, other.logical_date desc limit 1`,
    values: [dagId, runId, taskId, mapIndex, key],
  });
  return rows[0]?.value ?? null;
}

/**
 * Stores a value, given as JSON text, in place of an earlier one, on behalf of a try. Throws when there is no such
 * run, or when the try is not running any more: what it does late must not mix with the next try's values.
 */
export async function storeXCom(
  db: Queryable,
  tryId: string,
  { dagId, runId, taskId, mapIndex, key }: XComKey,
  value: string,
): Promise<void> {
  const { rowCount } = await db.query({
    name: "store-xcom",
    text: `insert into xcom (dag_run_id, task_id, map_index, key, value)
           select id, $4, $5, $6, $7::json from dag_run
            where dag_id = $2 and run_id = $3
              and exists (select 1 from task_instance ti where ti.id = $1 and ti.state = 'running')
           on conflict (dag_run_id, task_id, map_index, key) do update set value = excluded.value, timestamp = now()`,
    values: [tryId, dagId, runId, taskId, mapIndex, key, value],
  });
  if (rowCount === 0) {
    throw new DaisyError("XCOM_NOT_STORED", key, runId, dagId);
  }
}
