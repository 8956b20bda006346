import type { TaskState } from "#sdk/states.ts";
import { DaisyError } from "../../errors.ts";
import type { Database, Transaction } from "../connect.ts";
import { loadSerializedDag } from "../dag-versions.ts";
import { changeStates, tellOfRuns } from "./change-states.ts";
import {
  type ChosenInstance,
  chooseInstances,
  chooseRuns,
  type RunChoice,
  type TaskChoice,
} from "./choose-instances.ts";
import { followMarkers } from "./follow-markers.ts";
import { FORGET_WAITING } from "./forget-waiting.ts";
import { holdInstances, partsOf } from "./hold-instances.ts";
import { moveToLatestVersion } from "./move-to-version.ts";

/** What is to be cleared. */
export interface ClearChoice extends TaskChoice {
  readonly dagId: string;
  readonly runs: RunChoice;
  /** Only what is failed or upstream_failed. @default false */
  readonly onlyFailed?: boolean;
  /** Whether external task markers among them lead on to the tasks of other DAGs that they name. @default true */
  readonly recursive?: boolean;
  /** Only what is running; with `onlyFailed`, either. @default false */
  readonly onlyRunning?: boolean;
}

/** How it is to be cleared. */
export interface ClearOptions {
  /** Only says what would be cleared. @default false */
  readonly dryRun?: boolean;
  /** Whether finished runs are queued again; without it, what is cleared there waits until they are. @default true */
  readonly resetRuns?: boolean;
  /** Whether the runs move to the latest version of their DAG first. @default false */
  readonly runOnLatestVersion?: boolean;
  /** Refuses when something that would be cleared is running. @default false */
  readonly refuseRunning?: boolean;
}

/** What a task instance ends as that keeps those below it from running. */
export const FAILED: readonly TaskState[] = ["failed", "upstream_failed"];

/**
 * Clears task instances, so that they run again, and returns them as they were before.
 *
 * - A running one becomes `restarting`: its worker kills it and hands it back for its next try.
 * - Any other one gets no state and a fresh id; the try that it had goes to the history. Numbers of tries grow on, and
 *   as many retries are left as at first. A try that was queued but never began keeps its number for the next one.
 * - A task that its run's DAG version does not have becomes `removed`.
 * - Finished runs are queued again.
 *
 * Each run is cleared wholly or not at all; many, in one transaction after the other. What has left the states that were
 * asked for by the time of its run's turn stays as it is.
 *
 * Throws DaisyError: RUN_NOT_FOUND, RUN_WITHOUT_DATE, CLEARS_RUNNING_TASK, MARKERS_TOO_DEEP, MARKER_DATE_INVALID.
 */
export async function clearInstances(
  db: Database,
  choice: ClearChoice,
  options: ClearOptions = {},
): Promise<ChosenInstance[]> {
  const states = statesToClear(choice);
  const chosen = await chooseToClear(db, choice, states);
  if (options.dryRun) return chosen;
  if (options.refuseRunning) refuseRunning(chosen);
  const cleared: ChosenInstance[] = [];
  for (const part of partsOf(chosen)) {
    cleared.push(...(await changeStates(db, (tx) => clearChosen(tx, part, { ...options, states }))));
  }
  return cleared;
}

async function chooseToClear(
  db: Database,
  choice: ClearChoice,
  states: readonly TaskState[] | undefined,
): Promise<ChosenInstance[]> {
  const runs = await chooseRuns(db, choice.dagId, choice.runs);
  const chosen = await chooseInstances(db, runs, choice, { states });
  if (choice.recursive === false) return chosen;
  return [...chosen, ...(await followMarkers(db, chosen, states))];
}

function refuseRunning(chosen: readonly ChosenInstance[]): void {
  if (chosen.some(({ state }) => state === "running")) throw new DaisyError("CLEARS_RUNNING_TASK");
}

/** Clears all task instances of a run, or those that failed, and queues it again when it is finished. */
export function clearRun(
  db: Database,
  dagId: string,
  runId: string,
  options: ClearOptions & { readonly onlyFailed?: boolean } = {},
): Promise<ChosenInstance[]> {
  return clearInstances(db, { dagId, runs: { runId }, onlyFailed: options.onlyFailed }, options);
}

function statesToClear({ onlyFailed, onlyRunning }: ClearChoice): readonly TaskState[] | undefined {
  if (!onlyFailed && !onlyRunning) return undefined;
  return [...(onlyFailed ? FAILED : []), ...(onlyRunning ? (["running"] as const) : [])];
}

/**
 * Clears instances that were chosen, and returns them as they were when the transaction got hold of them.
 * @param options `states`: only what is still in one of them
 */
export async function clearChosen(
  tx: Transaction,
  chosen: readonly ChosenInstance[],
  options: Omit<ClearOptions, "dryRun"> & { readonly states?: readonly TaskState[] | undefined } = {},
): Promise<ChosenInstance[]> {
  const { resetRuns = true, runOnLatestVersion = false, states = null } = options;
  const held = await holdInstances(tx, chosen, states);
  if (options.refuseRunning) refuseRunning(held);
  if (held.length === 0) return [];
  const runIds = [...new Set(held.map((instance) => instance.dagRunId))];
  if (runOnLatestVersion) await moveToLatestVersion(tx, runIds);
  await clearRows(tx, held, await findVersions(tx, runIds));
  if (resetRuns) await requeueRuns(tx, runIds);
  await tellOfRuns(tx, runIds);
  return held;
}

const CLEAR = `
  with wanted as (
    -- By name, because a run that moves to another version gives what nobody has begun a fresh id.
    select * from unnest($1::bigint[], $2::text[], $3::integer[], $4::integer[])
      as w (dag_run_id, task_id, map_index, retries)
  ), chosen as materialized (
    select ti.*, wanted.retries,
           -- A try that never began is not counted.
           ti.try_number - case when ti.state = 'queued' and ti.start_date is null then 1 else 0 end as last_try
      from task_instance ti join wanted using (dag_run_id, task_id, map_index) order by ti.id for update of ti
  ), kept as (
    insert into task_instance_history
      (id, dag_run_id, dag_id, run_id, task_id, map_index, state, try_number, queued_at, start_date, end_date, hostname, pid)
    select id, dag_run_id, dag_id, run_id, task_id, map_index,
           case when state in ('success', 'failed', 'skipped') then state else 'failed' end,
           try_number, queued_at, start_date, coalesce(end_date, now()), hostname, pid
      from chosen
     where last_try > 0 and state is not null and state not in ('running', 'restarting')
       and (state <> 'queued' or start_date is not null)
       and not exists (select 1 from task_instance_history h
                        where h.dag_run_id = chosen.dag_run_id and h.task_id = chosen.task_id
                          and h.map_index = chosen.map_index and h.try_number = chosen.try_number)
  ), stopped as (
    update task_instance ti
       set state = 'restarting', max_tries = coalesce(last_try + retries, greatest(ti.max_tries, last_try)),
         ${FORGET_WAITING}
      from chosen where ti.id = chosen.id and chosen.state in ('running', 'restarting')
  )
  update task_instance ti
     set id = uuid7(), state = case when retries is null then 'removed' end, try_number = last_try,
         max_tries = coalesce(last_try + retries, greatest(ti.max_tries, last_try)), lost_tries = 0,
         scheduled_at = null, queued_at = null, start_date = null, end_date = null,
         hostname = null, pid = null, job_id = null, last_heartbeat_at = null,
         ${FORGET_WAITING}
    from chosen
   where ti.id = chosen.id and (chosen.state is null or chosen.state not in ('running', 'restarting'))`;

async function clearRows(
  tx: Transaction,
  chosen: readonly ChosenInstance[],
  versionOf: ReadonlyMap<number, string>,
): Promise<void> {
  const retries = new Map<string, ReadonlyMap<string, number>>();
  for (const versionId of new Set(versionOf.values())) retries.set(versionId, await retriesOf(tx, versionId));
  await tx.query(CLEAR, [
    chosen.map(({ dagRunId }) => dagRunId),
    chosen.map(({ taskId }) => taskId),
    chosen.map(({ mapIndex }) => mapIndex),
    chosen.map(({ dagRunId, taskId }) => retries.get(versionOf.get(dagRunId)!)!.get(taskId) ?? null),
  ]);
}

async function findVersions(tx: Transaction, dagRunIds: readonly number[]): Promise<Map<number, string>> {
  const { rows } = await tx.query<{ id: number; versionId: string }>(
    `select id, dag_version_id as "versionId" from dag_run where id = any($1)`,
    [dagRunIds],
  );
  return new Map(rows.map(({ id, versionId }) => [id, versionId]));
}

async function retriesOf(tx: Transaction, dagVersionId: string): Promise<Map<string, number>> {
  const { dag } = await loadSerializedDag(tx, dagVersionId);
  return new Map(dag.tasks.map(({ __var: task }) => [task.task_id, task.retries ?? 0]));
}

/** Queues finished runs again, as if they had not started. */
export async function requeueRuns(tx: Transaction, dagRunIds: readonly number[]): Promise<void> {
  await tx.query(
    `update dag_run
        set state = 'queued', queued_at = now(), start_date = null, end_date = null, clear_number = clear_number + 1
      where id = any($1) and state in ('success', 'failed')`,
    [dagRunIds],
  );
}
