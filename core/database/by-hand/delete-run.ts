import { DaisyError } from "../../errors.ts";
import type { Database } from "../connect.ts";
import { WHOLE_DAG } from "../dags.ts";
import { notifyRun } from "../notifications.ts";
import { changeStates, tellOfRuns } from "./change-states.ts";

/**
 * Deletes a run with its task instances and XComs; logs stay. Refused while it is running.
 * Throws DaisyError: RUN_NOT_FOUND, RUN_IS_RUNNING.
 */
export async function deleteRun(db: Database, dagId: string, runId: string): Promise<void> {
  await changeStates(db, async (tx) => {
    const { rows } = await tx.query<{ id: number; state: string }>(
      "select id, state from dag_run where dag_id = $1 and run_id = $2 for update",
      [dagId, runId],
    );
    const run = rows[0];
    if (run === undefined) throw new DaisyError("RUN_NOT_FOUND", dagId, runId);
    if (run.state === "running") throw new DaisyError("RUN_IS_RUNNING", dagId, runId);
    await tellOfRuns(tx, [run.id]);
    await notifyRun(tx, "daisy_run", { dagRunId: WHOLE_DAG, dagId });
    await tx.query("delete from dag_run where id = $1", [run.id]);
  });
}

/**
 * Deletes a task instance with its tries and XComs, so that its run goes on without it; a worker that runs it kills
 * it. Logs stay.
 * @returns whether there was one
 */
export async function deleteTaskInstance(
  db: Database,
  { dagRunId, taskId, mapIndex }: { readonly dagRunId: number; readonly taskId: string; readonly mapIndex: number },
): Promise<boolean> {
  return changeStates(db, async (tx) => {
    const key = [dagRunId, taskId, mapIndex];
    const which = "where dag_run_id = $1 and task_id = $2 and map_index = $3";
    await tx.query("select from dag_run where id = $1 for update", [dagRunId]);
    const { rowCount } = await tx.query(`delete from task_instance ${which}`, key);
    await tx.query(`delete from task_instance_history ${which}`, key);
    await tx.query(`delete from xcom ${which}`, key);
    await tellOfRuns(tx, [dagRunId]);
    return rowCount === 1;
  });
}
