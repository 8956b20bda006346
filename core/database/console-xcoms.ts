import type { Queryable } from "./connect.ts";
import { listPage, type Page } from "./list-page.ts";
import { addRanges, type Range } from "./ranges.ts";
import { SqlConditions } from "./sql-conditions.ts";

/** An XCom as the API shows it, with what it needs of its run. */
export interface XComRow {
  key: string;
  value: unknown;
  timestamp: Date;
  task_id: string;
  map_index: number;
  dag_id: string;
  dag_display_name: string | null;
  run_id: string;
  logical_date: Date | null;
  run_after: Date;
}

export interface XComFilter {
  /** All DAGs when absent, and so on. */
  readonly dagId?: string;
  readonly runId?: string;
  readonly taskId?: string;
  readonly key?: string;
  /** Airflow has two filters of this one value; an XCom passes when it has all of them. */
  readonly mapIndexes?: readonly number[];
  readonly ranges?: readonly Range<keyof typeof XCOM_RANGES>[];
  readonly keyPattern?: string;
  readonly dagIdPattern?: string;
  readonly runIdPattern?: string;
  readonly taskIdPattern?: string;
}

/** What filters may bound. */
export const XCOM_RANGES = { logical_date: "r.logical_date", run_after: "r.run_after" } as const;

/** What XComs may be ordered by. */
export const XCOM_ORDER = {
  dag_id: "r.dag_id",
  run_id: "r.run_id",
  task_id: "x.task_id",
  map_index: "x.map_index",
  key: "x.key",
  timestamp: "x.timestamp",
} as const;

const COLUMNS = `x.key, x.value, x.timestamp, x.task_id, x.map_index, r.dag_id, dag.dag_display_name, r.run_id,
  r.logical_date, r.run_after`;
const TABLES = "xcom x join dag_run r on r.id = x.dag_run_id join dag on dag.dag_id = r.dag_id";

/** One page of the XComs that pass the filter, and how many pass. */
export async function listXComs(
  db: Queryable,
  filter: XComFilter,
  page: Page<keyof typeof XCOM_ORDER>,
): Promise<{ rows: XComRow[]; total: number }> {
  const where = new SqlConditions();
  if (filter.dagId !== undefined) where.add("r.dag_id = ?", filter.dagId);
  if (filter.runId !== undefined) where.add("r.run_id = ?", filter.runId);
  if (filter.taskId !== undefined) where.add("x.task_id = ?", filter.taskId);
  if (filter.key !== undefined) where.add("x.key = ?", filter.key);
  for (const mapIndex of filter.mapIndexes ?? []) where.add("x.map_index = ?", mapIndex);
  if (filter.keyPattern !== undefined) where.addPattern("x.key", filter.keyPattern);
  if (filter.dagIdPattern !== undefined) where.addPattern("r.dag_id", filter.dagIdPattern);
  if (filter.runIdPattern !== undefined) where.addPattern("r.run_id", filter.runIdPattern);
  if (filter.taskIdPattern !== undefined) where.addPattern("x.task_id", filter.taskIdPattern);
  addRanges(where, XCOM_RANGES, filter.ranges);
  const tieBreaker = "x.dag_run_id, x.task_id, x.map_index, x.key";
  return listPage<XComRow, keyof typeof XCOM_ORDER>(
    db,
    { select: `select ${COLUMNS} from ${TABLES}`, counted: TABLES, where, order: XCOM_ORDER, tieBreaker },
    page,
  );
}

/** Where an XCom of a run is. */
export interface XComPlace {
  readonly dagRunId: number;
  readonly taskId: string;
  readonly mapIndex: number;
  readonly key: string;
}

export async function findXComRow(db: Queryable, place: XComPlace): Promise<XComRow | undefined> {
  const { rows } = await db.query<XComRow>(
    `select ${COLUMNS} from ${TABLES} where x.dag_run_id = $1 and x.task_id = $2 and x.map_index = $3 and x.key = $4`,
    [place.dagRunId, place.taskId, place.mapIndex, place.key],
  );
  return rows[0];
}

/** Writes an XCom by hand, given as JSON text; false when there is one already. */
export async function insertXCom(db: Queryable, place: XComPlace, value: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into xcom (dag_run_id, task_id, map_index, key, value) values ($1, $2, $3, $4, $5) on conflict do nothing`,
    [place.dagRunId, place.taskId, place.mapIndex, place.key, value],
  );
  return rowCount === 1;
}

/** Writes another value into an XCom by hand; false when there is none. */
export async function updateXCom(db: Queryable, place: XComPlace, value: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `update xcom set value = $5, timestamp = now()
      where dag_run_id = $1 and task_id = $2 and map_index = $3 and key = $4`,
    [place.dagRunId, place.taskId, place.mapIndex, place.key, value],
  );
  return rowCount === 1;
}

/** Takes an XCom away; false when there is none. */
export async function deleteXCom(db: Queryable, place: XComPlace): Promise<boolean> {
  const { rowCount } = await db.query(
    "delete from xcom where dag_run_id = $1 and task_id = $2 and map_index = $3 and key = $4",
    [place.dagRunId, place.taskId, place.mapIndex, place.key],
  );
  return rowCount === 1;
}
