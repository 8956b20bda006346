import type { NextRun } from "../timetable/timetable.ts";
import type { Queryable } from "./connect.ts";
import { runChangePayload } from "./notifications.ts";

/**
 * Pauses or unpauses a DAG, and wakes the scheduler. Running tasks of a paused DAG finish; nothing new starts.
 * @returns false when there is no such DAG
 */
export async function setDagPaused(db: Queryable, dagId: string, isPaused: boolean): Promise<boolean> {
  const { rowCount } = await db.query(
    `with changed as (update dag set is_paused = $2 where dag_id = $1 returning dag_id)
     select pg_notify('daisy_run', $3), pg_notify('daisy_view', '') from changed`,
    [dagId, isPaused, runChangePayload({ dagRunId: WHOLE_DAG, dagId })],
  );
  return rowCount === 1;
}

/** Whether a DAG is paused; false when there is no such DAG. */
export async function isDagPaused(db: Queryable, dagId: string): Promise<boolean> {
  const { rows } = await db.query<{ is_paused: boolean }>("select is_paused from dag where dag_id = $1", [dagId]);
  return rows[0]?.is_paused ?? false;
}

/** In a RunChange in place of a run's id: something changed that concerns all runs of the DAG. */
export const WHOLE_DAG = 0;

/** The columns of `dag` that a DAG file decides. */
export interface ParsedDagRow {
  readonly dagId: string;
  readonly dagDisplayName: string | null;
  readonly fileloc: string;
  readonly relativeFileloc: string;
  readonly description: string | null;
  readonly owners: string;
  readonly tags: readonly string[];
  readonly timetableSummary: string;
  /** Counts when the DAG is seen for the first time. */
  readonly isPausedAtFirst: boolean;
  readonly maxActiveTasks: number;
  readonly maxActiveRuns: number;
  /** Seconds. */
  readonly parseDuration: number;
  /** The pools that its tasks name. */
  readonly pools: readonly string[];
}

/**
 * Inserts or updates a DAG from its file.
 * @returns whether no file held it before, though it was known
 */
export async function upsertDag(db: Queryable, dag: ParsedDagRow): Promise<boolean> {
  const { rows } = await db.query<{ isBack: boolean }>(
    `with before as (select is_stale from dag where dag_id = $1)
     insert into dag (dag_id, dag_display_name, fileloc, relative_fileloc, description, owners, tags,
                      timetable_summary, is_paused, max_active_tasks, max_active_runs, last_parse_duration,
                      last_parsed_time, pools)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, now(), $13)
     on conflict (dag_id) do update
       set dag_display_name = excluded.dag_display_name, fileloc = excluded.fileloc,
           relative_fileloc = excluded.relative_fileloc, description = excluded.description,
           owners = excluded.owners, tags = excluded.tags, timetable_summary = excluded.timetable_summary,
           max_active_tasks = excluded.max_active_tasks, max_active_runs = excluded.max_active_runs,
           last_parse_duration = excluded.last_parse_duration, last_parsed_time = now(),
           pools = excluded.pools, is_stale = false, has_import_errors = false,
           file_claimed_at = case when dag.is_stale or dag.relative_fileloc <> excluded.relative_fileloc then now()
                                  else dag.file_claimed_at end
     returning coalesce((select is_stale from before), false) as "isBack"`,
    [
      dag.dagId,
      dag.dagDisplayName,
      dag.fileloc,
      dag.relativeFileloc,
      dag.description,
      dag.owners,
      dag.tags,
      dag.timetableSummary,
      dag.isPausedAtFirst,
      dag.maxActiveTasks,
      dag.maxActiveRuns,
      dag.parseDuration,
      dag.pools,
    ],
  );
  return rows[0]!.isBack;
}

/** A DAG id that another file holds. */
export interface DagOwner {
  readonly dagId: string;
  readonly relativeFileloc: string;
  readonly fileloc: string;
  /** Whether the DAG id stays with that file. */
  readonly keeps: boolean;
}

/**
 * Those of the given DAG ids that another file holds, with that file. It keeps them, unless it got them only after this
 * file was known to be as it is, and its path sorts behind this one's: then chance decided which was parsed first.
 * @param age milliseconds since this file is known to be as it is
 */
export async function findOwnersOfDags(
  db: Queryable,
  dagIds: readonly string[],
  relativeFileloc: string,
  age: number,
): Promise<DagOwner[]> {
  const { rows } = await db.query<DagOwner>(
    `select dag_id as "dagId", relative_fileloc as "relativeFileloc", fileloc,
            not (file_claimed_at > clock_timestamp() - $3 * interval '1 millisecond'
                 and relative_fileloc collate "C" > $2 collate "C") as keeps
       from dag
      where dag_id = any($1) and relative_fileloc <> $2 and not is_stale
      order by dag_id for no key update`,
    [dagIds, relativeFileloc, age],
  );
  return rows;
}

/** Marks the DAGs that a file held before and holds no more; returns their ids. */
export async function markStaleExcept(
  db: Queryable,
  relativeFileloc: string,
  dagIds: readonly string[],
): Promise<string[]> {
  const { rows } = await db.query<{ dagId: string }>(
    `update dag set is_stale = true, has_import_errors = false
      where relative_fileloc = $1 and dag_id <> all($2) and not is_stale
     returning dag_id as "dagId"`,
    [relativeFileloc, dagIds],
  );
  return rows.map((row) => row.dagId);
}

/** The files that hold a DAG, or have an import error, according to the tables. */
export async function listKnownFiles(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ file: string }>(
    "select relative_fileloc as file from dag where not is_stale union select relative_fileloc from import_error",
  );
  return rows.map((row) => row.file);
}

/** Stores when a DAG's next scheduled run is due; null: never. */
export async function setNextRun(db: Queryable, dagId: string, next: NextRun | null): Promise<void> {
  await db.query({
    name: "set-next-run",
    text: `update dag set next_dagrun_logical_date = $2, next_dagrun_data_interval_start = $3,
                          next_dagrun_data_interval_end = $4, next_dagrun_run_after = $5
            where dag_id = $1`,
    values: [
      dagId,
      next?.logicalDate ?? null,
      next?.dataInterval.start ?? null,
      next?.dataInterval.end ?? null,
      next?.runAfter ?? null,
    ],
  });
}
