import { readDagStructure } from "../../dag-structure/dag-structure.ts";
import { DaisyError } from "../../errors.ts";
import type { RunType } from "../../run-id.ts";
import type { Database, Queryable } from "../connect.ts";
import { loadSerializedDag } from "../dag-versions.ts";
import { tasksOfRun } from "../tasks-of-run.ts";
import { changeStates, tellOfRuns } from "./change-states.ts";
import { requeueRuns } from "./clear-instances.ts";
import { moveToLatestVersion } from "./move-to-version.ts";

/**
 * Lets a run have the tasks that the latest version of its DAG has and the run has not, and queues it again for them;
 * all that it has stays as it is (Airflow's `only_new`).
 * @returns the ids of those tasks
 * Throws DaisyError: RUN_NOT_FOUND.
 */
export function addNewTasks(
  db: Database,
  dagId: string,
  runId: string,
  { dryRun = false }: { readonly dryRun?: boolean } = {},
): Promise<string[]> {
  if (dryRun) return findNewTasks(db, dagId, runId).then(({ taskIds }) => taskIds);
  return changeStates(db, async (tx) => {
    await tx.query("select from dag_run where dag_id = $1 and run_id = $2 for update", [dagId, runId]);
    const { dagRunId, taskIds } = await findNewTasks(tx, dagId, runId);
    if (taskIds.length === 0) return [];
    await moveToLatestVersion(tx, [dagRunId]);
    await requeueRuns(tx, [dagRunId]);
    await tellOfRuns(tx, [dagRunId]);
    return taskIds;
  });
}

interface RunToGrow {
  readonly id: number;
  readonly logicalDate: Date | null;
  readonly runType: RunType;
  readonly latestVersionId: string;
  readonly taskIds: readonly string[];
}

async function findNewTasks(
  db: Queryable,
  dagId: string,
  runId: string,
): Promise<{ readonly dagRunId: number; readonly taskIds: string[] }> {
  const { rows } = await db.query<RunToGrow>(
    `select r.id, r.logical_date as "logicalDate", r.run_type as "runType", dag.dag_version_id as "latestVersionId",
            array(select distinct ti.task_id from task_instance ti where ti.dag_run_id = r.id) as "taskIds"
       from dag_run r join dag using (dag_id) where r.dag_id = $1 and r.run_id = $2`,
    [dagId, runId],
  );
  const run = rows[0];
  if (run === undefined) throw new DaisyError("RUN_NOT_FOUND", dagId, runId);
  const structure = readDagStructure(await loadSerializedDag(db, run.latestVersionId));
  const has = new Set(run.taskIds);
  const taskIds = tasksOfRun(structure, run).map((task) => task.taskId);
  return { dagRunId: run.id, taskIds: taskIds.filter((taskId) => !has.has(taskId)) };
}
