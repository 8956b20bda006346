import { DaisyError } from "../errors.ts";
import type { Transaction } from "./connect.ts";
import { notify } from "./notifications.ts";

/**
 * Deletes a DAG with its versions, runs, task instances and XComs; logs stay, and so does the file, whose next parse
 * brings the DAG back. Refused while tasks of it run.
 * @returns how many rows of `dag`, `dag_version`, `dag_run` and `task_instance` went; 0 when there is no such DAG
 */
export async function deleteDag(tx: Transaction, dagId: string): Promise<number> {
  await tx.query("select from dag where dag_id = $1 for update", [dagId]);
  const { rows } = await tx.query<{ running: number; records: number }>(
    `select
       (select count(*) from task_instance where dag_id = $1 and state in ('queued', 'running', 'restarting')) as running,
       (select count(*) from dag where dag_id = $1) + (select count(*) from dag_version where dag_id = $1)
         + (select count(*) from dag_run where dag_id = $1) + (select count(*) from task_instance where dag_id = $1)
         as records`,
    [dagId],
  );
  const { running, records } = rows[0]!;
  if (running > 0) throw new DaisyError("DAG_HAS_RUNNING_TASKS", dagId, running);
  // Runs first: they refer to versions, which go with the DAG.
  await tx.query("delete from dag_run where dag_id = $1", [dagId]);
  await tx.query("delete from dag where dag_id = $1", [dagId]);
  await notify(tx, "daisy_view");
  return records;
}
