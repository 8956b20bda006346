import { findCurrentVersion } from "#core/database/console-dags.ts";
import { listRuns } from "#core/database/console-runs.ts";
import { listGridStates } from "#core/database/console-task-instances.ts";
import type { TaskState } from "#sdk/states.ts";
import type { GridAnswer } from "../../protocol.ts";
import type { Handler } from "../call.ts";
import { dagOf } from "../find-or-404.ts";
import { readInteger } from "../read-query.ts";
import { summarizeRun } from "../show/show-run.ts";

const DEFAULT_RUNS = 25;
const MAX_RUNS = 100;

/** The latest runs by the DAG's tasks, and the tasks that only older runs had. */
export const uiGrid: Handler = async (call): Promise<GridAnswer> => {
  const { db } = call.server;
  const dag = await dagOf(call);
  const limit = Math.min(readInteger(call.query, "limit", 1) ?? DEFAULT_RUNS, MAX_RUNS);
  const [version, { rows: runs }] = await Promise.all([
    findCurrentVersion(db, dag.dag_id),
    listRuns(db, { dagId: dag.dag_id }, { limit, offset: 0, orderBy: ["-id"] }),
  ]);
  const states = await listGridStates(
    db,
    runs.map((run) => run.id),
  );
  const taskIds = new Set(version?.serialized.dag.tasks.map((task) => task.__var.task_id));
  for (const { task_id } of states) taskIds.add(task_id);
  const byRun = new Map(runs.map((run) => [run.id, {} as Record<string, TaskState | null>]));
  for (const row of states) byRun.get(row.dag_run_id)![row.task_id] = row.state;
  return {
    task_ids: [...taskIds],
    runs: runs.map((run) => ({
      ...summarizeRun(run),
      states: byRun.get(run.id)!,
    })),
  };
};
