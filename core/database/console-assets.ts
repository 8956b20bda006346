import type { Queryable } from "./connect.ts";
import { listPage, type Page } from "./list-page.ts";
import { SqlConditions } from "./sql-conditions.ts";

/** A DAG, or a task of one, that has to do with an asset; dates as PostgreSQL writes them in JSON. */
export interface AssetReferenceRow {
  dag_id: string;
  task_id?: string;
  created_at: string;
  updated_at: string;
}

export interface AssetAliasRow {
  id: number;
  name: string;
  group: string;
}

/** An asset with those who have to do with it, DAGs that are in no file any more left out. */
export interface AssetRow {
  id: number;
  name: string;
  uri: string;
  group: string;
  extra: Readonly<Record<string, unknown>>;
  created_at: Date;
  updated_at: Date;
  is_active: boolean;
  scheduled_dags: AssetReferenceRow[];
  producing_tasks: AssetReferenceRow[];
  consuming_tasks: AssetReferenceRow[];
  aliases: AssetAliasRow[];
  last_event_id: number | null;
  last_event_timestamp: Date | null;
}

/** What assets may be ordered by. */
export const ASSET_ORDER = {
  id: "a.id",
  name: "a.name",
  uri: "a.uri",
  created_at: "a.created_at",
  updated_at: "a.updated_at",
} as const;

const references = (table: string, columns: string) => `
  coalesce((select json_agg(json_build_object('dag_id', r.dag_id${columns}, 'created_at', r.created_at,
                                              'updated_at', r.updated_at) order by r.dag_id)
              from ${table} r join dag on dag.dag_id = r.dag_id and not dag.is_stale where r.asset_id = a.id), '[]')`;

const SELECT = `
  select a.id, a.name, a.uri, a."group", a.extra, a.created_at, a.updated_at, is_active_asset(a.id) as is_active,
         ${references("dag_schedule_asset_reference", "")} as scheduled_dags,
         ${references("task_outlet_asset_reference", ", 'task_id', r.task_id")} as producing_tasks,
         ${references("task_inlet_asset_reference", ", 'task_id', r.task_id")} as consuming_tasks,
         coalesce((select json_agg(json_build_object('id', l.id, 'name', l.name, 'group', l."group") order by l.id)
                     from asset_alias_asset x join asset_alias l on l.id = x.alias_id where x.asset_id = a.id), '[]')
           as aliases,
         last.id as last_event_id, last.timestamp as last_event_timestamp
    from asset a
    left join lateral (select e.id, e.timestamp from asset_event e where e.asset_id = a.id
                        order by e.timestamp desc, e.id desc limit 1) as last on true`;

export interface AssetFilter {
  readonly namePattern?: string;
  readonly uriPattern?: string;
  /** Assets that one of these DAGs is scheduled on or brings up to date. */
  readonly dagIds?: readonly string[];
  readonly onlyActive?: boolean;
  readonly name?: string;
  readonly uri?: string;
}

/** One page of the assets that pass the filter, and how many pass. */
export async function listAssets(
  db: Queryable,
  filter: AssetFilter,
  page: Page<keyof typeof ASSET_ORDER>,
): Promise<{ rows: AssetRow[]; total: number }> {
  const where = new SqlConditions();
  if (filter.namePattern !== undefined) where.addPattern("a.name", filter.namePattern);
  if (filter.uriPattern !== undefined) where.addPattern("a.uri", filter.uriPattern);
  if (filter.name !== undefined) where.add("a.name = ?", filter.name);
  if (filter.uri !== undefined) where.add("a.uri = ?", filter.uri);
  if (filter.onlyActive) where.add("is_active_asset(a.id)");
  if (filter.dagIds?.length) {
    where.add(
      `a.id in (select asset_id from dag_schedule_asset_reference where dag_id = any (?)
          union select asset_id from task_outlet_asset_reference where dag_id = any (?))`,
      filter.dagIds,
      filter.dagIds,
    );
  }
  return listPage<AssetRow, keyof typeof ASSET_ORDER>(
    db,
    { select: SELECT, counted: "asset a", where, order: ASSET_ORDER, tieBreaker: "a.id" },
    page,
  );
}

export async function findAssetRow(db: Queryable, id: number): Promise<AssetRow | undefined> {
  const { rows } = await db.query<AssetRow>(`${SELECT} where a.id = $1`, [id]);
  return rows[0];
}

/** What aliases may be ordered by. */
export const ALIAS_ORDER = { id: "id", name: "name" } as const;

/** One page of the aliases that pass the filter, and how many pass. */
export async function listAliases(
  db: Queryable,
  filter: { readonly namePattern?: string },
  page: Page<keyof typeof ALIAS_ORDER>,
): Promise<{ rows: AssetAliasRow[]; total: number }> {
  const where = new SqlConditions();
  if (filter.namePattern !== undefined) where.addPattern("name", filter.namePattern);
  return listPage<AssetAliasRow, keyof typeof ALIAS_ORDER>(
    db,
    {
      select: 'select id, name, "group" from asset_alias',
      counted: "asset_alias",
      where,
      order: ALIAS_ORDER,
      tieBreaker: "id",
    },
    page,
  );
}

export async function findAlias(db: Queryable, id: number): Promise<AssetAliasRow | undefined> {
  const { rows } = await db.query<AssetAliasRow>('select id, name, "group" from asset_alias where id = $1', [id]);
  return rows[0];
}

/** A run that an event was for; dates as PostgreSQL writes them in JSON. */
export interface CreatedRunRow {
  run_id: string;
  dag_id: string;
  logical_date: string | null;
  start_date: string | null;
  end_date: string | null;
  state: string;
  data_interval_start: string | null;
  data_interval_end: string | null;
}

export interface AssetEventRow {
  id: number;
  asset_id: number;
  uri: string;
  name: string;
  group: string;
  extra: Readonly<Record<string, unknown>>;
  source_task_id: string | null;
  source_dag_id: string | null;
  source_run_id: string | null;
  source_map_index: number;
  created_dagruns: CreatedRunRow[];
  timestamp: Date;
}

/** What events may be ordered by. */
export const ASSET_EVENT_ORDER = {
  id: "e.id",
  source_task_id: "e.source_task_id",
  source_dag_id: "e.source_dag_id",
  source_run_id: "e.source_run_id",
  source_map_index: "e.source_map_index",
  timestamp: "e.timestamp",
} as const;

export interface AssetEventFilter {
  readonly id?: number;
  readonly assetId?: number;
  readonly sourceDagId?: string;
  readonly sourceTaskId?: string;
  readonly sourceRunId?: string;
  readonly sourceMapIndex?: number;
  readonly namePattern?: string;
  readonly from?: Date;
  readonly after?: Date;
  readonly to?: Date;
  readonly before?: Date;
  /** Events that a run was created for. */
  readonly dagRunId?: number;
}

const EVENT_SELECT = `
  select e.id, e.asset_id, a.uri, a.name, a."group", e.extra, e.source_task_id, e.source_dag_id, e.source_run_id,
          e.source_map_index, e.timestamp,
          coalesce((select json_agg(json_build_object('run_id', r.run_id, 'dag_id', r.dag_id,
                     'logical_date', r.logical_date, 'start_date', r.start_date, 'end_date', r.end_date,
                     'state', r.state, 'data_interval_start', r.data_interval_start,
                     'data_interval_end', r.data_interval_end) order by r.id)
                      from dagrun_asset_event d join dag_run r on r.id = d.dag_run_id where d.event_id = e.id), '[]')
            as created_dagruns`;
const EVENT_TABLES = "asset_event e join asset a on a.id = e.asset_id";

/** One page of the events that pass the filter, and how many pass. */
export async function listAssetEvents(
  db: Queryable,
  filter: AssetEventFilter,
  page: Page<keyof typeof ASSET_EVENT_ORDER>,
): Promise<{ rows: AssetEventRow[]; total: number }> {
  const where = new SqlConditions();
  if (filter.id !== undefined) where.add("e.id = ?", filter.id);
  if (filter.assetId !== undefined) where.add("e.asset_id = ?", filter.assetId);
  if (filter.sourceDagId !== undefined) where.add("e.source_dag_id = ?", filter.sourceDagId);
  if (filter.sourceTaskId !== undefined) where.add("e.source_task_id = ?", filter.sourceTaskId);
  if (filter.sourceRunId !== undefined) where.add("e.source_run_id = ?", filter.sourceRunId);
  if (filter.sourceMapIndex !== undefined) where.add("e.source_map_index = ?", filter.sourceMapIndex);
  if (filter.namePattern !== undefined) where.addPattern("a.name", filter.namePattern);
  if (filter.from) where.add("e.timestamp >= ?", filter.from);
  if (filter.after) where.add("e.timestamp > ?", filter.after);
  if (filter.to) where.add("e.timestamp <= ?", filter.to);
  if (filter.before) where.add("e.timestamp < ?", filter.before);
  if (filter.dagRunId !== undefined) {
    where.add("e.id in (select event_id from dagrun_asset_event where dag_run_id = ?)", filter.dagRunId);
  }
  return listPage<AssetEventRow, keyof typeof ASSET_EVENT_ORDER>(
    db,
    {
      select: `${EVENT_SELECT} from ${EVENT_TABLES}`,
      counted: EVENT_TABLES,
      where,
      order: ASSET_EVENT_ORDER,
      tieBreaker: "e.id",
    },
    page,
  );
}

/** The DAGs in files that have a task with an asset among its outlets. */
export async function listProducers(
  db: Queryable,
  asset: { readonly id?: number; readonly name?: string; readonly uri?: string },
): Promise<string[]> {
  const { rows } = await db.query<{ dag_id: string }>(
    `select distinct r.dag_id from task_outlet_asset_reference r
       join asset a on a.id = r.asset_id join dag on dag.dag_id = r.dag_id and not dag.is_stale
      where ($1::bigint is null or a.id = $1) and ($2::text is null or a.name = $2) and ($3::text is null or a.uri = $3)
      order by 1`,
    [asset.id ?? null, asset.name ?? null, asset.uri ?? null],
  );
  return rows.map((row) => row.dag_id);
}

/** That an asset has had events that a DAG has not had a run for. */
export interface QueuedEventRow {
  dag_id: string;
  dag_display_name: string | null;
  asset_id: number;
  /** When the first of them was. */
  created_at: Date;
}

export interface QueuedEventFilter {
  readonly dagId?: string;
  readonly assetId?: number;
  readonly before?: Date;
}

export async function listQueuedEvents(db: Queryable, filter: QueuedEventFilter): Promise<QueuedEventRow[]> {
  const where = queuedConditions(filter);
  const { rows } = await db.query<QueuedEventRow>(
    `select q.target_dag_id as dag_id, dag.dag_display_name, q.asset_id, min(q.created_at) as created_at
       from asset_dag_run_queue q join dag on dag.dag_id = q.target_dag_id ${where}
      group by q.target_dag_id, dag.dag_display_name, q.asset_id order by q.target_dag_id, q.asset_id`,
    where.values,
  );
  return rows;
}

/** Takes events from queues, so that no run is created for them. @returns whether there were any */
export async function deleteQueuedEvents(db: Queryable, filter: QueuedEventFilter): Promise<boolean> {
  const where = queuedConditions(filter);
  const { rowCount } = await db.query(`delete from asset_dag_run_queue q ${where}`, where.values);
  return (rowCount ?? 0) > 0;
}

function queuedConditions({ dagId, assetId, before }: QueuedEventFilter): SqlConditions {
  const where = new SqlConditions();
  if (dagId !== undefined) where.add("q.target_dag_id = ?", dagId);
  if (assetId !== undefined) where.add("q.asset_id = ?", assetId);
  if (before !== undefined) where.add("q.created_at < ?", before);
  return where;
}
