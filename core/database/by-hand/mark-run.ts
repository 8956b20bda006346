import { isFinished, type TaskState } from "#sdk/states.ts";
import type { Database, Queryable, Transaction } from "../connect.ts";
import { loadSerializedDag } from "../dag-versions.ts";
import { WHOLE_DAG } from "../dags.ts";
import { notifyRun } from "../notifications.ts";
import { changeStates, lockRuns, tellOfRuns } from "./change-states.ts";
import { type ChosenInstance, type ChosenRun, chooseInstances, chooseRuns } from "./choose-instances.ts";
import { holdInstances } from "./hold-instances.ts";
import { type Mark, setStates } from "./mark-instances.ts";

/** The states that a run can be marked with. */
export const RUN_MARKS = ["queued", "success", "failed"] as const;
export type RunMark = (typeof RUN_MARKS)[number];

/** What is on its way; a run that is marked as failed fails it, and skips the rest. */
const ON_ITS_WAY: readonly (TaskState | null)[] = ["running", "restarting", "deferred", "up_for_reschedule"];

interface MarkedRun {
  /** What changes state, as it was before. */
  readonly changed: readonly { readonly instance: ChosenInstance; readonly state: Mark }[];
  /** Whether teardowns are left to run, after which the run ends by itself. */
  readonly mustTearDown: boolean;
}

/**
 * Gives a run a state by hand, and returns the task instances that change with it, as they were before
 * (Airflow's `airflow/api/common/mark_tasks.py`).
 *
 * - `success`: all its task instances succeed.
 * - `failed`: what is on its way fails and is killed, and what has not begun is skipped.
 * - `queued`: its task instances stay as they are; the run is evaluated again.
 *
 * Teardowns that have not ended are left to run in the first two, and the run ends when they have.
 * Throws DaisyError: RUN_NOT_FOUND.
 */
export async function markRun(
  db: Database,
  dagId: string,
  runId: string,
  mark: RunMark,
  { dryRun = false }: { readonly dryRun?: boolean } = {},
): Promise<ChosenInstance[]> {
  const [run] = await chooseRuns(db, dagId, { runId });
  if (dryRun) {
    const { changed } = await chooseToMark(db, run!, mark, await chooseInstances(db, [run!], {}));
    return changed.map(({ instance }) => instance);
  }
  return changeStates(db, async (tx) => {
    await lockRuns(tx, [run!.id]);
    const instances = await holdInstances(tx, await chooseInstances(tx, [run!], {}));
    const { changed, mustTearDown } = await chooseToMark(tx, run!, mark, instances);
    for (const state of ["success", "failed", "skipped"] as const) {
      const those = changed.filter((change) => change.state === state).map(({ instance }) => instance);
      await setStates(tx, those, state);
    }
    if (mark === "queued") await queueRun(tx, run!.id);
    else if (!mustTearDown) await endRun(tx, run!.id, mark);
    await tellOfRuns(tx, [run!.id]);
    // A run that ends makes place for another one of its DAG.
    await notifyRun(tx, "daisy_run", { dagRunId: WHOLE_DAG, dagId });
    return changed.map(({ instance }) => instance);
  });
}

async function chooseToMark(
  db: Queryable,
  run: ChosenRun,
  mark: RunMark,
  instances: readonly ChosenInstance[],
): Promise<MarkedRun> {
  if (mark === "queued") return { changed: [], mustTearDown: false };
  const { dag } = await loadSerializedDag(db, run.dagVersionId);
  const teardowns = new Set(dag.tasks.filter(({ __var: task }) => task.is_teardown).map(({ __var }) => __var.task_id));
  const toTearDown = instances.filter(({ taskId, state }) => teardowns.has(taskId) && !isFinished(state));
  const others = instances.filter((instance) => !toTearDown.includes(instance));
  const changed = others.flatMap((instance) => {
    const state = markOf(instance.state, mark);
    return state === undefined ? [] : [{ instance, state }];
  });
  return { changed, mustTearDown: toTearDown.length > 0 };
}

function markOf(state: TaskState | null, mark: "success" | "failed"): Mark | undefined {
  if (mark === "success") return state === "success" ? undefined : "success";
  if (isFinished(state)) return undefined;
  return ON_ITS_WAY.includes(state) ? "failed" : "skipped";
}

async function queueRun(tx: Transaction, dagRunId: number): Promise<void> {
  await tx.query(
    `update dag_run set state = 'queued', queued_at = now(), start_date = null, end_date = null
      where id = $1 and state in ('running', 'success', 'failed')`,
    [dagRunId],
  );
}

async function endRun(tx: Transaction, dagRunId: number, state: "success" | "failed"): Promise<void> {
  await tx.query(
    `update dag_run set state = $2, start_date = coalesce(start_date, now()), end_date = now()
      where id = $1 and state <> $2`,
    [dagRunId, state],
  );
}
