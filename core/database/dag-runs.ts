import { type DagRunState, FINISHED_TASK_STATES } from "#sdk/states.ts";
import type { TaskInstanceState } from "../states/task-moves.ts";
import type { DataInterval } from "../timetable/timetable.ts";
import { askForRunCallbacks, type RunCallback } from "./callback-requests.ts";
import type { Queryable } from "./connect.ts";
import { SKIPPED_KEY } from "./skip-tasks.ts";

/** The data interval of a DAG's last run by its schedule, backfills included as in Airflow, or null before the first. */
export async function lastScheduledInterval(db: Queryable, dagId: string): Promise<DataInterval | null> {
  const { rows } = await db.query<{ start: Date; end: Date }>({
    name: "last-scheduled-interval",
    text: `select data_interval_start as start, data_interval_end as "end" from dag_run
            where dag_id = $1 and run_type in ('scheduled', 'backfill') and logical_date is not null
            order by logical_date desc limit 1`,
    values: [dagId],
  });
  return rows[0] ?? null;
}

/**
 * Starts queued runs that are due, oldest first, as far as their DAGs' max_active_runs allows, or for backfills their
 * own; none of a paused DAG or backfill.
 * @param dagIds null: of all DAGs
 * @returns the ids of the runs that started
 */
export async function startQueuedRuns(db: Queryable, dagIds: readonly string[] | null): Promise<number[]> {
  const { rows } = await db.query<{ id: number }>({
    name: "start-queued-runs",
    text: "select start_queued_runs as id from start_queued_runs($1)",
    values: [dagIds],
  });
  return rows.map((row) => row.id);
}

export interface ActiveRun {
  readonly id: number;
  readonly dagId: string;
  readonly runId: string;
  readonly dagVersionId: string;
  readonly isPaused: boolean;
  /** Whether the DAG's file is gone. */
  readonly isStale: boolean;
  /** How long it has been running, by the database's clock. */
  readonly runningMs: number;
  /** Task id, map index and state of each of its task instances. */
  readonly rows: readonly (readonly [taskId: string, mapIndex: number, state: TaskInstanceState])[];
  /** Tasks that an instance which succeeded has decided to skip, with that instance's map index. */
  readonly passedOver: readonly (readonly [taskId: string, mapIndex: number])[];
  /** Tasks of which an instance failed since the run started. */
  readonly failedTasks: readonly string[];
}

/** Those of the given runs that are running, with the states of their task instances. */
export async function loadActiveRuns(db: Queryable, ids: readonly number[]): Promise<ActiveRun[]> {
  const { rows } = await db.query<ActiveRun>({
    name: "load-active-runs",
    text: `select r.id, r.dag_id as "dagId", r.run_id as "runId", r.dag_version_id as "dagVersionId",
                  d.is_paused as "isPaused", d.is_stale as "isStale",
                  (extract(epoch from now() - r.start_date) * 1000)::double precision as "runningMs",
                  coalesce((select json_agg(json_build_array(ti.task_id, ti.map_index, ti.state))
                              from task_instance ti where ti.dag_run_id = r.id), '[]') as rows,
                  coalesce((select json_agg(distinct ti.task_id) from task_instance ti
                             where ti.dag_run_id = r.id and ti.state = 'failed' and ti.end_date >= r.start_date),
                           '[]') as "failedTasks",
                  coalesce((select json_agg(json_build_array(task.id, x.map_index))
                              from xcom x join task_instance ti using (dag_run_id, task_id, map_index),
                                   decided_against(x.value, r.dag_version_id, x.task_id) as task (id)
                             where x.dag_run_id = r.id and x.key = $2 and ti.state = 'success'),
                           '[]') as "passedOver"
             from dag_run r join dag d using (dag_id)
            where r.id = any($1) and r.state = 'running'`,
    values: [ids, SKIPPED_KEY],
  });
  return rows;
}

export interface RunSummary {
  readonly id: number;
  readonly dagId: string;
  /** Task instances that nobody has scheduled yet. */
  readonly untouched: number;
  readonly finished: number;
  readonly succeeded: number;
}

/** What a sweep compares with the scheduler's picture: all running runs, and how far each is. */
export async function summarizeRunningRuns(db: Queryable): Promise<RunSummary[]> {
  const { rows } = await db.query<RunSummary>({
    name: "summarize-running-runs",
    text: `select r.id, r.dag_id as "dagId", count(ti.id) filter (where ti.state is null)::integer as untouched,
                  count(ti.id) filter (where ti.state = any($1))::integer as finished,
                  count(ti.id) filter (where ti.state = 'success')::integer as succeeded
             from dag_run r left join task_instance ti on ti.dag_run_id = r.id
            where r.state = 'running' group by r.id`,
    values: [FINISHED_TASK_STATES],
  });
  return rows;
}

/**
 * Ends running runs and wakes whoever waits for a run's end. Success and failure by the leaves need all task
 * instances to have ended; a run that is `stuck` fails whatever is left.
 * @returns the ids of the runs that this call ended
 */
export async function finishRuns(
  db: Queryable,
  runs: readonly { id: number; state: "success" | "failed"; stuck: boolean; callback?: RunCallback | null }[],
): Promise<number[]> {
  const callbacks = askForRunCallbacks(runs, "ended", 3);
  const { rows } = await db.query<{ id: number }>({
    name: `finish-runs${callbacks.name}`,
    text: `with ended as materialized (select * from finish_runs($1, $2, $3))${callbacks.parts}
           select ended.id from ended${callbacks.from}`,
    values: [
      runs.map((run) => run.id),
      runs.map((run) => run.state),
      runs.map((run) => run.stuck),
      ...callbacks.values,
    ],
  });
  return rows.map((row) => row.id);
}

/**
 * Fails those of the given runs that have been running longer than allowed, and skips their unfinished task
 * instances; a worker that runs one finds out by its heartbeat and kills it.
 * @returns the ids of the runs that this call failed
 */
export async function timeOutRuns(
  db: Queryable,
  runs: readonly { id: number; timeoutSeconds: number; callback?: RunCallback | null }[],
): Promise<number[]> {
  const callbacks = askForRunCallbacks(runs, "late", 3);
  const { rows } = await db.query<{ id: number }>({
    name: `time-out-runs${callbacks.name}`,
    text: `with due as materialized (
             select r.id from dag_run r join unnest($1::bigint[], $2::double precision[]) as t (id, seconds) using (id)
              where r.state = 'running' and r.start_date + t.seconds * interval '1 second' <= now()
              order by r.id for update of r
           ), late as (
             update dag_run r set state = 'failed', end_date = now() from due where r.id = due.id
             returning r.id, r.dag_id, r.dag_version_id
           ), left_over as materialized (
             -- In the order of ids, as workers lock those whose outcomes they store.
             select ti.id from task_instance ti
              where ti.dag_run_id in (select id from late) and (ti.state is null or ti.state <> all($3))
              order by ti.id for update
           ), skipped as (
             update task_instance ti set state = 'skipped', end_date = now(), due_at = null
               from left_over where ti.id = left_over.id
           ), told as (
             select count(pg_notify('daisy_view', json_build_object('dagRunId', id, 'dagId', dag_id)::text)) from late
           )${callbacks.parts}
           select late.id from late, told${callbacks.from}`,
    values: [
      runs.map((run) => run.id),
      runs.map((run) => run.timeoutSeconds),
      FINISHED_TASK_STATES,
      ...callbacks.values,
    ],
  });
  return rows.map((row) => row.id);
}

/** Pauses a DAG whose last runs all failed. @returns whether it did */
export async function pauseAfterFailures(db: Queryable, dagId: string, failuresInARow: number): Promise<boolean> {
  const { rowCount } = await db.query(
    `update dag set is_paused = true
      where dag_id = $1 and not is_paused
        and (select count(*) = $2 and bool_and(state = 'failed') from (
               select state from dag_run where dag_id = $1 and state in ('success', 'failed')
                order by end_date desc limit $2) as latest)`,
    [dagId, failuresInARow],
  );
  return rowCount === 1;
}

/** A run's state, or null when there is no such run. */
export async function findRunState(db: Queryable, dagId: string, runId: string): Promise<DagRunState | null> {
  const { rows } = await db.query<{ state: DagRunState }>({
    name: "find-run-state",
    text: "select state from dag_run where dag_id = $1 and run_id = $2",
    values: [dagId, runId],
  });
  return rows[0]?.state ?? null;
}
