import type { DagRunState } from "#sdk/states.ts";
import type { Queryable } from "./connect.ts";
import { listPage, type Page } from "./list-page.ts";
import { addRanges, type Range } from "./ranges.ts";
import { SqlConditions } from "./sql-conditions.ts";

/** A DAG run as the API shows it, with what it needs of the DAG and its version. */
export interface RunRow {
  id: number;
  dag_id: string;
  dag_display_name: string | null;
  run_id: string;
  run_type: string;
  state: DagRunState;
  logical_date: Date | null;
  data_interval_start: Date | null;
  data_interval_end: Date | null;
  run_after: Date;
  queued_at: Date | null;
  start_date: Date | null;
  end_date: Date | null;
  conf: unknown;
  triggered_by: string;
  note: string | null;
  version_id: string;
  version_number: number;
  version_created_at: Date;
}

export interface RunFilter {
  /** All DAGs when absent. */
  dagId?: string;
  dagIds?: readonly string[];
  dagIdPattern?: string;
  runIdPattern?: string;
  states?: readonly DagRunState[];
  runTypes?: readonly string[];
  versionNumbers?: readonly number[];
  /** Of the names of those who triggered; Daisy knows no users, so that no run passes. */
  triggeringUserPattern?: string;
  /** What stands somewhere in the conf, case aside. */
  confContains?: string;
  ranges?: readonly Range<RunRange>[];
}

/** What filters may bound. */
export const RUN_RANGES = {
  run_after: "r.run_after",
  logical_date: "r.logical_date",
  start_date: "r.start_date",
  end_date: "r.end_date",
  duration: "extract(epoch from coalesce(r.end_date, now()) - r.start_date)",
} as const;
type RunRange = keyof typeof RUN_RANGES;

/** What runs may be ordered by. */
export const RUN_ORDER = {
  id: "r.id",
  dag_id: "r.dag_id",
  run_id: "r.run_id",
  dag_run_id: "r.run_id",
  state: "r.state",
  run_type: "r.run_type",
  logical_date: "r.logical_date",
  run_after: "r.run_after",
  start_date: "r.start_date",
  end_date: "r.end_date",
  duration: "(r.end_date - r.start_date)",
  conf: "r.conf::text",
  dag_version: "v.version_number",
} as const;

const COLUMNS = `r.id, r.dag_id, dag.dag_display_name, r.run_id, r.run_type, r.state, r.logical_date,
  r.data_interval_start, r.data_interval_end, r.run_after, r.queued_at, r.start_date, r.end_date, r.conf,
  r.triggered_by, r.note, v.id as version_id, v.version_number, v.created_at as version_created_at`;
const COUNTED = "dag_run r join dag_version v on v.id = r.dag_version_id";
const TABLES = `${COUNTED} join dag on dag.dag_id = r.dag_id`;

/** One page of the runs that pass the filter, and how many pass. */
export async function listRuns(
  db: Queryable,
  filter: RunFilter,
  page: Page<keyof typeof RUN_ORDER>,
): Promise<{ rows: RunRow[]; total: number }> {
  const where = new SqlConditions();
  if (filter.dagId !== undefined) where.add("r.dag_id = ?", filter.dagId);
  if (filter.runIdPattern !== undefined) where.addPattern("r.run_id", filter.runIdPattern);
  if (filter.states?.length) where.add("r.state = any (?)", filter.states);
  if (filter.runTypes?.length) where.add("r.run_type = any (?)", filter.runTypes);
  if (filter.dagIds?.length) where.add("r.dag_id = any (?)", filter.dagIds);
  if (filter.dagIdPattern !== undefined) where.addPattern("r.dag_id", filter.dagIdPattern);
  if (filter.versionNumbers?.length) where.add("v.version_number = any (?)", filter.versionNumbers);
  if (filter.triggeringUserPattern !== undefined) where.add("false");
  if (filter.confContains) where.add("strpos(lower(r.conf::text), lower(?)) > 0", filter.confContains);
  addRanges(where, RUN_RANGES, filter.ranges);
  return listPage<RunRow, keyof typeof RUN_ORDER>(
    db,
    { select: `select ${COLUMNS} from ${TABLES}`, counted: COUNTED, where, order: RUN_ORDER, tieBreaker: "r.id" },
    page,
  );
}

/** A run by its DAG's id and its own. */
export async function findRunRow(db: Queryable, dagId: string, runId: string): Promise<RunRow | undefined> {
  const { rows } = await db.query<RunRow>(`select ${COLUMNS} from ${TABLES} where r.dag_id = $1 and r.run_id = $2`, [
    dagId,
    runId,
  ]);
  return rows[0];
}

/** How many of a DAG's runs are running. */
export async function countActiveRuns(db: Queryable, dagId: string): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    "select count(*) as count from dag_run where dag_id = $1 and state = 'running'",
    [dagId],
  );
  return rows[0]!.count;
}
