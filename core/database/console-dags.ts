import type { SerializedDag } from "#sdk/serialized-dag.ts";
import type { DagRunState, TaskState } from "#sdk/states.ts";
import type { Queryable } from "./connect.ts";
import { listPage, type Page } from "./list-page.ts";
import { addRanges, type Range } from "./ranges.ts";
import { SqlConditions } from "./sql-conditions.ts";

/** A DAG as the API shows it. */
export interface DagRow {
  dag_id: string;
  dag_display_name: string | null;
  is_paused: boolean;
  is_stale: boolean;
  last_parsed_time: Date | null;
  last_parse_duration: number | null;
  relative_fileloc: string;
  fileloc: string;
  description: string | null;
  timetable_summary: string;
  tags: string[];
  owners: string;
  max_active_tasks: number;
  max_active_runs: number;
  has_import_errors: boolean;
  next_dagrun_logical_date: Date | null;
  next_dagrun_data_interval_start: Date | null;
  next_dagrun_data_interval_end: Date | null;
  next_dagrun_run_after: Date | null;
  dag_version_id: string | null;
}

export interface DagFilter {
  /** Part of a DAG id, with `%` and `_` as in SQL's LIKE; several joined by `|`. */
  dagIdPattern?: string;
  paused?: boolean;
  tags?: readonly string[];
  /** Whether one of the tags is enough. @default "any" */
  tagsMatchMode?: "any" | "all";
  owners?: readonly string[];
  hasImportErrors?: boolean;
  /** Whether DAGs that no file holds any more are left out. @default true */
  excludeStale?: boolean;
  lastRunState?: DagRunState;
  /** Part of what DAGs are shown as. */
  displayNamePattern?: string;
  /** States of the latest run. */
  runStates?: readonly DagRunState[];
  /** Bounds of the latest run's dates. */
  ranges?: readonly Range<keyof typeof DAG_RANGES>[];
  /** Whether the DAG is scheduled by assets. */
  hasAssetSchedule?: boolean;
  /** Part of the name or URI of an asset that schedules the DAG. */
  assetDependency?: string;
}

const latestRun = (column: string) =>
  `(select r.${column} from dag_run r where r.dag_id = dag.dag_id order by r.id desc limit 1)`;
const DISPLAY_NAME = "coalesce(dag_display_name, dag_id)";

/** What filters may bound. */
export const DAG_RANGES = {
  dag_run_start_date: latestRun("start_date"),
  dag_run_end_date: latestRun("end_date"),
} as const;

/** What DAGs may be ordered by. */
export const DAG_ORDER = {
  dag_id: "dag_id",
  dag_display_name: DISPLAY_NAME,
  is_paused: "is_paused",
  owners: "owners",
  next_dagrun: "next_dagrun_logical_date",
  next_dagrun_run_after: "next_dagrun_run_after",
  last_parsed_time: "last_parsed_time",
  last_run_start_date: latestRun("start_date"),
  last_run_state: latestRun("state"),
} as const;

const COLUMNS = `dag_id, dag_display_name, is_paused, is_stale, last_parsed_time, last_parse_duration, relative_fileloc,
  fileloc, description, timetable_summary, tags, owners, max_active_tasks, max_active_runs, has_import_errors,
  next_dagrun_logical_date, next_dagrun_data_interval_start, next_dagrun_data_interval_end, next_dagrun_run_after,
  dag_version_id`;

const DEPENDS_ON = `exists (
  select from dag_schedule_asset_reference ref join asset on asset.id = ref.asset_id
   where ref.dag_id = dag.dag_id
     and (strpos(lower(asset.name), lower(?)) > 0 or strpos(lower(asset.uri), lower(?)) > 0))`;

/** One page of the DAGs that pass the filter, and how many pass. */
export async function listDags(
  db: Queryable,
  filter: DagFilter,
  page: Page<keyof typeof DAG_ORDER>,
): Promise<{ rows: DagRow[]; total: number }> {
  const where = new SqlConditions();
  if (filter.excludeStale ?? true) where.add("not is_stale");
  if (filter.dagIdPattern !== undefined) where.addPattern("dag_id", filter.dagIdPattern);
  if (filter.displayNamePattern !== undefined) where.addPattern(DISPLAY_NAME, filter.displayNamePattern);
  if (filter.paused !== undefined) where.add("is_paused = ?", filter.paused);
  if (filter.tags?.length) where.add(filter.tagsMatchMode === "all" ? "tags @> ?" : "tags && ?", filter.tags);
  if (filter.owners?.length) where.add("string_to_array(owners, ', ') && ?", filter.owners);
  if (filter.hasImportErrors !== undefined) where.add("has_import_errors = ?", filter.hasImportErrors);
  if (filter.lastRunState !== undefined) where.add(`${DAG_ORDER.last_run_state} = ?`, filter.lastRunState);
  if (filter.runStates?.length) where.add(`${DAG_ORDER.last_run_state} = any (?)`, filter.runStates);
  addRanges(where, DAG_RANGES, filter.ranges);
  if (filter.hasAssetSchedule !== undefined) where.add("(asset_expression is not null) = ?", filter.hasAssetSchedule);
  if (filter.assetDependency !== undefined) where.add(DEPENDS_ON, filter.assetDependency, filter.assetDependency);
  return listPage<DagRow, keyof typeof DAG_ORDER>(
    db,
    { select: `select ${COLUMNS} from dag`, counted: "dag", where, order: DAG_ORDER, tieBreaker: "dag_id" },
    page,
  );
}

/** A DAG by its id, stale or not. */
export async function findDagRow(db: Queryable, dagId: string): Promise<DagRow | undefined> {
  const { rows } = await db.query<DagRow>(`select ${COLUMNS} from dag where dag_id = $1`, [dagId]);
  return rows[0];
}

/** How many DAGs are on and off; stale ones do not count. */
export async function countDags(db: Queryable): Promise<{ active: number; paused: number }> {
  const { rows } = await db.query<{ active: number; paused: number }>(
    `select count(*) filter (where not is_paused) as active, count(*) filter (where is_paused) as paused
     from dag where not is_stale`,
  );
  return rows[0]!;
}

/** The counts and the last run that the DAG list shows beside a DAG. */
export interface DagActivity {
  /** Task instances by state (null: none yet), of all unfinished runs or, when there is none, of the latest run. */
  taskCounts: Map<TaskState | null, number>;
  runCounts: Map<DagRunState, number>;
  lastRun?: LastRun;
}

export interface LastRun {
  run_id: string;
  run_type: string;
  state: DagRunState;
  logical_date: Date | null;
  run_after: Date;
  start_date: Date | null;
  end_date: Date | null;
}

/** What happened lately in each of the DAGs; every id asked for is in the answer. */
export async function findDagActivity(db: Queryable, dagIds: readonly string[]): Promise<Map<string, DagActivity>> {
  const [tasks, runs, last] = await Promise.all([
    db.query<{ dag_id: string; state: TaskState | null; count: number }>(
      `select r.dag_id, ti.state, count(*) as count
       from unnest($1::text[]) wanted (dag_id)
       cross join lateral (
         select id, dag_id from dag_run where dag_id = wanted.dag_id and state in ('queued', 'running')
         union all
         (select id, dag_id from dag_run where dag_id = wanted.dag_id
            and not exists (select 1 from dag_run u where u.dag_id = wanted.dag_id and u.state in ('queued', 'running'))
          order by id desc limit 1)
       ) r
       join task_instance ti on ti.dag_run_id = r.id
       group by r.dag_id, ti.state`,
      [dagIds],
    ),
    db.query<{ dag_id: string; state: DagRunState; count: number }>(
      "select dag_id, state, count(*) as count from dag_run where dag_id = any($1) group by dag_id, state",
      [dagIds],
    ),
    db.query<LastRun & { dag_id: string }>(
      `select wanted.dag_id, r.* from unnest($1::text[]) wanted (dag_id)
       cross join lateral (
         select run_id, run_type, state, logical_date, run_after, start_date, end_date
         from dag_run where dag_id = wanted.dag_id order by id desc limit 1
       ) r`,
      [dagIds],
    ),
  ]);
  const activity = new Map<string, DagActivity>(
    dagIds.map((id) => [id, { taskCounts: new Map(), runCounts: new Map() }]),
  );
  for (const row of tasks.rows) activity.get(row.dag_id)!.taskCounts.set(row.state, row.count);
  for (const row of runs.rows) activity.get(row.dag_id)!.runCounts.set(row.state, row.count);
  for (const row of last.rows) activity.get(row.dag_id)!.lastRun = row;
  return activity;
}

/** A DAG as it was in one version. */
export interface DagVersionRow {
  id: string;
  dag_id: string;
  version_number: number;
  created_at: Date;
  serialized: SerializedDag;
}

/** The version that new runs of a DAG start with. */
export async function findCurrentVersion(db: Queryable, dagId: string): Promise<DagVersionRow | undefined> {
  const { rows } = await db.query<DagVersionRow>(
    `select v.id, v.dag_id, v.version_number, v.created_at, v.serialized
     from dag join dag_version v on v.id = dag.dag_version_id where dag.dag_id = $1`,
    [dagId],
  );
  return rows[0];
}

/** The version that a run is pinned to. */
export async function findVersionOfRun(
  db: Queryable,
  dagId: string,
  runId: string,
): Promise<DagVersionRow | undefined> {
  const { rows } = await db.query<DagVersionRow>(
    `select v.id, v.dag_id, v.version_number, v.created_at, v.serialized
     from dag_run r join dag_version v on v.id = r.dag_version_id where r.dag_id = $1 and r.run_id = $2`,
    [dagId, runId],
  );
  return rows[0];
}

/** The text of a DAG's file in one version, by default the one that new runs start with. */
export async function findDagSource(
  db: Queryable,
  dagId: string,
  versionNumber?: number,
): Promise<{ source: string; version_number: number } | undefined> {
  const { rows } = await db.query<{ source: string; version_number: number }>(
    `select c.source, v.version_number from dag_version v join dag_code c on c.code_hash = v.code_hash
     where v.dag_id = $1
       and case when $2::integer is null then v.id = (select dag_version_id from dag where dag_id = $1)
                else v.version_number = $2 end`,
    [dagId, versionNumber ?? null],
  );
  return rows[0];
}
