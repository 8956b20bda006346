import type { AirflowConfig } from "#core/config/options.ts";
import type { Queryable } from "#core/database/connect.ts";
import type { DagRow } from "#core/database/console-dags.ts";
import type { RunRow } from "#core/database/console-runs.ts";
import { listTaskInstances, type TaskInstanceRow } from "#core/database/console-task-instances.ts";
import { DagStructures } from "#core/database/dag-versions.ts";
import { findPool, occupiedSlots } from "#core/database/pools.ts";
import { listServedQueues } from "#core/database/served-queues.ts";
import { DaisyError } from "#core/errors.ts";
import { checkPastRuns } from "#scheduler/runs/check-past.ts";
import { RunMirror } from "#scheduler/runs/run-mirror.ts";
import { unmetTriggerRule } from "#scheduler/unmet-trigger-rule.ts";
import type { Console } from "./console.ts";
import { findRun, requireDag } from "./dag-queries.ts";
import type { TaskToRender } from "./render-task.ts";
import { withDags } from "./unread-files.ts";

/** More instances than a run has. */
const MOST = 1_000_000;

/** Something that keeps a task instance from being queued, with Airflow's name for it. */
type Unmet = readonly [dependency: string, reason: string];

/** Prints what keeps a task instance from being queued, with the texts of Airflow's `airflow/ti_deps/deps`. */
export async function printFailedDependencies(console: Console, wanted: TaskToRender): Promise<void> {
  const { dagId, taskId, mapIndex } = wanted;
  const unmet = await withDags(console, async (db, config): Promise<Unmet[]> => {
    const dag = await requireDag(db, dagId);
    const run = await findRun(db, dagId, wanted.run);
    if (run === undefined) throw new DaisyError("RUN_NOT_FOUND", dagId, wanted.run);
    const structure = await new DagStructures(1).load(db, run.version_id);
    const task = structure.indexOf.get(taskId);
    const { rows } = await listTaskInstances(
      db,
      { dagId, runId: run.run_id },
      { limit: MOST, offset: 0, orderBy: ["id"] },
    );
    const instance = rows.find((row) => row.task_id === taskId && row.map_index === mapIndex);
    if (task === undefined || instance === undefined) {
      throw new DaisyError("TASK_NOT_FOUND", mapIndex < 0 ? taskId : `${taskId}[${mapIndex}]`, dagId);
    }
    const mirror = new RunMirror(
      {
        ...{ dagRunId: run.id, runId: run.run_id, isPaused: false, isStale: false, deadline: null },
        rows: rows.map((row) => [row.task_id, row.map_index, row.state]),
      },
      structure,
    );
    const { triggerRule, dependsOnPast } = structure.tasks[task]!;
    const above = structure.upstream[task]!.map((number) => structure.tasks[number]!.taskId);
    const reason = unmetTriggerRule(triggerRule, mirror.explain({ task, mapIndex }), above, mapIndex);
    const past = checkPastRuns(config.scheduler);
    const isPastMet = !dependsOnPast || (await past(db, [{ mirror, task, mapIndex, verdict: "run" }]))[0]!;
    return [
      ...unmetOfRun(dag, run, instance),
      ...unmetPool(await findPool(db, instance.pool), instance),
      ...(await unmetWorker(db, instance, config)),
      ...(isPastMet ? [] : [PAST_UNMET]),
      ...(reason === null ? [] : [["Trigger Rule", reason] as const]),
    ];
  });
  console.print(unmet.length === 0 ? "Task instance dependencies are all met." : "Task instance dependencies not met:");
  for (const [dependency, reason] of unmet) console.print(`${dependency}: ${reason}`);
}

const PAST_UNMET: Unmet = [
  "Previous Dagrun State",
  "depends_on_past is true for this task, but previous task instance(s) are not in a successful state.",
];

function unmetOfRun(dag: DagRow, run: RunRow, { state }: TaskInstanceRow): Unmet[] {
  const unmet: Unmet[] = [];
  if (dag.is_paused) unmet.push(["Dag Not Paused", `Task's DAG '${dag.dag_id}' is paused.`]);
  if (run.state !== "running") {
    const reason = `Task instance's dagrun was not in the 'running' state but in the state '${run.state}'.`;
    unmet.push(["Dagrun Running", reason]);
  }
  if (state === "running") unmet.push(["Task Instance Not Running", "Task is in the running state"]);
  // Airflow queues what is scheduled only.
  if (state !== "scheduled") unmet.push(["Task Instance State", `Task is in the '${state ?? "None"}' state.`]);
  return unmet;
}

/** A task that is queued waits for a worker that takes from its queue. */
async function unmetWorker(
  db: Queryable,
  { state, queue }: TaskInstanceRow,
  { scheduler }: AirflowConfig,
): Promise<Unmet[]> {
  if (state !== "queued") return [];
  const served = await listServedQueues(db, scheduler.scheduler_health_check_threshold);
  return served?.includes(queue) ? [] : [["Worker", `No worker serves queue '${queue}'.`]];
}

function unmetPool(pool: Awaited<ReturnType<typeof findPool>>, instance: TaskInstanceRow): Unmet[] {
  const name = "Pool Slots Available";
  if (pool === undefined) {
    return [[name, `Tasks using non-existent pool '${instance.pool}' will not be scheduled`]];
  }
  const open = pool.slots - occupiedSlots(pool);
  if (pool.slots < 0 || open >= instance.pool_slots) return [];
  const reason =
    `Not scheduling since there are ${open} open slots in pool ${instance.pool} and require ` +
    `${instance.pool_slots} pool slots`;
  return [[name, reason]];
}
