import type { DagStructure } from "../dag-structure/dag-structure.ts";
import { DaisyError } from "../errors.ts";
import { readParams, resolveParams } from "../params/params.ts";
import { checkRunId, isoDate, type RunType, runIdFor } from "../run-id.ts";
import { readTimetable } from "../timetable/read-timetable.ts";
import type { DataInterval } from "../timetable/timetable.ts";
import type { Queryable } from "./connect.ts";
import { findCurrentVersion } from "./console-dags.ts";
import { DagStructures } from "./dag-versions.ts";
import { plannedColumns } from "./planned-columns.ts";
import { tasksOfRun } from "./tasks-of-run.ts";

export interface NewDagRun {
  readonly dagId: string;
  readonly runId: string;
  readonly runType: RunType;
  /** Unique in its DAG unless null. */
  readonly logicalDate: Date | null;
  readonly dataInterval: DataInterval | null;
  /** When it may start; null: now, by the database's clock. */
  readonly runAfter: Date | null;
  /** @default {} */
  readonly conf?: Readonly<Record<string, unknown>>;
  readonly triggeredBy: TriggeredBy;
  readonly note?: string | null;
}

export type TriggeredBy = "timetable" | "ui" | "cli" | "rest_api" | "operator" | "backfill" | "test" | "asset";

export interface CreatedDagRun {
  readonly id: number;
  readonly runId: string;
  readonly dagVersionId: string;
}

const sharedStructures = new DagStructures(100);

/**
 * Creates a queued run with a task instance for each task of the DAG's latest version, to which it stays pinned, and
 * wakes the scheduler: all in one statement. A paused DAG's run stays queued until the DAG is unpaused.
 * Throws DaisyError: DAG_TO_TRIGGER_NOT_FOUND, RUN_ID_INVALID, RUN_ALREADY_EXISTS, RUN_DATE_TAKEN, RUN_TYPE_NOT_ALLOWED,
 * PARAMS_INVALID.
 */
export async function createDagRun(
  db: Queryable,
  run: NewDagRun,
  structures: DagStructures = sharedStructures,
): Promise<CreatedDagRun> {
  checkRunId(run.runId, run.runType);
  const dagVersionId = await findVersion(db, run.dagId);
  const isReplaced = async () => (await findVersion(db, run.dagId)) !== dagVersionId;
  const structure = await structures.load(db, dagVersionId).catch(async (error: unknown) => {
    if (await isReplaced()) return undefined;
    throw error;
  });
  if (structure === undefined) return createDagRun(db, run, structures);
  const isAllowed = structure.allowedRunTypes?.includes(run.runType) ?? true;
  if (!isAllowed) throw new DaisyError("RUN_TYPE_NOT_ALLOWED", run.dagId, run.runType);
  // What the schedule makes has the defaults, which were checked with the file.
  if (run.runType !== "scheduled") resolveParams(readParams(structure.params), run.conf ?? {});
  const id = await insertRun(db, run, dagVersionId, structure);
  if (id === undefined) {
    if (await isReplaced()) return createDagRun(db, run, structures);
    throw await explainConflict(db, run);
  }
  return { id, runId: run.runId, dagVersionId };
}

export interface ManualRun {
  readonly dagId: string;
  /** @default `manual__` and the run's date */
  readonly runId?: string;
  /** Null: none. @default `now` */
  readonly logicalDate?: Date | null;
  /** When it may start; null: at once. @default null */
  readonly runAfter?: Date | null;
  readonly conf?: Readonly<Record<string, unknown>>;
  readonly triggeredBy: Exclude<TriggeredBy, "timetable" | "backfill">;
  readonly note?: string | null;
  readonly now?: Date;
}

/** Creates a run that a user asks for, as `createDagRun` does, with the data interval that the DAG's schedule gives. */
export async function createManualRun(
  db: Queryable,
  { dagId, runId, logicalDate, runAfter = null, conf, triggeredBy, note, now = new Date() }: ManualRun,
): Promise<CreatedDagRun> {
  const date = logicalDate === undefined ? now : logicalDate;
  const version = await findCurrentVersion(db, dagId);
  if (version === undefined) throw new DaisyError("DAG_TO_TRIGGER_NOT_FOUND", dagId);
  const { dag } = version.serialized;
  return createDagRun(db, {
    dagId,
    runId: runId ?? runIdFor("manual", date ?? runAfter ?? now),
    runType: "manual",
    logicalDate: date,
    dataInterval: date && readTimetable(dag.timetable).manualInterval(date),
    runAfter,
    conf,
    triggeredBy,
    note,
  });
}

async function findVersion(db: Queryable, dagId: string): Promise<string> {
  const { rows } = await db.query<{ dag_version_id: string | null }>({
    name: "find-dag-version",
    text: "select dag_version_id from dag where dag_id = $1",
    values: [dagId],
  });
  const version = rows[0]?.dag_version_id ?? undefined;
  if (version === undefined) throw new DaisyError("DAG_TO_TRIGGER_NOT_FOUND", dagId);
  return version;
}

const INSERT = `
  with run as (
    insert into dag_run (dag_id, run_id, run_type, state, logical_date, data_interval_start, data_interval_end,
                         run_after, queued_at, conf, triggered_by, dag_version_id, note)
    -- A version that no run was made with may be replaced at any moment; then it is not there any more.
    select $1, $2, $3, 'queued', $4, $5, $6, coalesce($7::timestamptz, now()), now(), $8, $9, v.id, $11
      from dag_version v where v.id = $10 for key share of v
    on conflict do nothing
    returning id
  ), tasks as (
    insert into task_instance (id, dag_run_id, dag_id, run_id, task_id, max_tries, operator, pool, pool_slots, queue,
                               priority_weight, order_date, max_active_tis_per_dag, max_active_tis_per_dagrun)
    select uuid7(), run.id, $1, $2, t.task_id, t.retries, t.operator, t.pool, t.pool_slots, t.queue,
           t.priority_weight, coalesce($4::timestamptz, $7, now()), t.per_dag, t.per_dagrun
      from run, unnest($12::text[], $13::integer[], $14::text[], $15::text[], $16::integer[], $17::text[],
                       $18::integer[], $19::integer[], $20::integer[])
           as t (task_id, retries, operator, pool, pool_slots, queue, priority_weight, per_dag, per_dagrun)
  ), told as (
    select pg_notify('daisy_run', change), pg_notify('daisy_view', change)
      from (select json_build_object('dagRunId', id, 'dagId', $1::text)::text as change from run) as changes
  )
  select run.id from run, told`;

async function insertRun(
  db: Queryable,
  run: NewDagRun,
  dagVersionId: string,
  structure: DagStructure,
): Promise<number | undefined> {
  const tasks = tasksOfRun(structure, run);
  const { rows } = await db.query<{ id: number }>({
    name: "insert-dag-run",
    text: INSERT,
    values: [
      run.dagId,
      run.runId,
      run.runType,
      run.logicalDate,
      run.dataInterval?.start ?? null,
      run.dataInterval?.end ?? null,
      run.runAfter,
      JSON.stringify(run.conf ?? {}),
      run.triggeredBy,
      dagVersionId,
      run.note ?? null,
      tasks.map((task) => task.taskId),
      ...plannedColumns(tasks),
    ],
  });
  return rows[0]?.id;
}

async function explainConflict(db: Queryable, run: NewDagRun): Promise<DaisyError> {
  const { rows } = await db.query<{ run_id: string; logical_date: Date | null }>(
    "select run_id, logical_date from dag_run where dag_id = $1 and (run_id = $2 or logical_date = $3)",
    [run.dagId, run.runId, run.logicalDate],
  );
  const sameDate = rows.find((row) => row.run_id !== run.runId);
  if (sameDate === undefined || rows.length > 1) return new DaisyError("RUN_ALREADY_EXISTS", run.runId, run.dagId);
  return new DaisyError("RUN_DATE_TAKEN", run.dagId, isoDate(run.logicalDate!), sameDate.run_id);
}
