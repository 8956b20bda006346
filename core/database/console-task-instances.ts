import type { JsonValue } from "#sdk/json.ts";
import type { TaskState } from "#sdk/states.ts";
import type { TriggerKind } from "#sdk/triggers/trigger.ts";
import type { Queryable } from "./connect.ts";
import { listPage, type Page } from "./list-page.ts";
import { addRanges, type Range } from "./ranges.ts";
import type { TaskOfRun } from "./ready-tasks.ts";
import { SqlConditions } from "./sql-conditions.ts";

/** A task instance as the API shows it, with what it needs of its run and version. */
export interface TaskInstanceRow {
  id: string;
  dag_run_id: number;
  dag_id: string;
  dag_display_name: string | null;
  run_id: string;
  task_id: string;
  map_index: number;
  state: TaskState | null;
  try_number: number;
  max_tries: number;
  operator: string;
  pool: string;
  pool_slots: number;
  queue: string;
  priority_weight: number;
  scheduled_at: Date | null;
  queued_at: Date | null;
  start_date: Date | null;
  end_date: Date | null;
  hostname: string | null;
  pid: number | null;
  note: string | null;
  rendered_fields: Record<string, JsonValue> | null;
  /** The name that a mapped task gave to this instance. */
  rendered_map_index: string | null;
  logical_date: Date | null;
  run_after: Date;
  /** What a deferred one waits for; null in any other state. */
  trigger_kind: TriggerKind | null;
  trigger_kwargs: unknown;
  trigger_created_at: Date | null;
  triggerer_job: TriggererRow | null;
  version_id: string;
  version_number: number;
  version_created_at: Date;
}

/** The triggerer that looks after a trigger; dates are ISO, as JSON has them. */
export interface TriggererRow {
  id: string;
  state: string;
  hostname: string;
  start_date: string;
  end_date: string | null;
  latest_heartbeat: string;
}

/** What names a task instance in its run. */
export function nameOf(row: Pick<TaskInstanceRow, "dag_run_id" | "task_id" | "map_index">): TaskOfRun {
  return { dagRunId: row.dag_run_id, taskId: row.task_id, mapIndex: row.map_index };
}

export interface TaskInstanceFilter {
  /** All DAGs when absent. */
  dagId?: string;
  /** All runs when absent. */
  runId?: string;
  taskId?: string;
  dagIds?: readonly string[];
  runIds?: readonly string[];
  taskIds?: readonly string[];
  dagIdPattern?: string;
  runIdPattern?: string;
  /** What tasks are shown as, which here is their ids. */
  taskNamePattern?: string;
  poolPattern?: string;
  queuePattern?: string;
  operatorPattern?: string;
  renderedMapIndexPattern?: string;
  /** The tasks of a group; none of the DAG's may be in it. */
  groupTasks?: readonly string[];
  operators?: readonly string[];
  tryNumbers?: readonly number[];
  mapIndexes?: readonly number[];
  versionNumbers?: readonly number[];
  ranges?: readonly Range<TaskInstanceRange>[];
  /** Only instances with a map index. */
  isMapped?: boolean;
  /** null stands for a task instance without a state. */
  states?: readonly (TaskState | null)[];
  pools?: readonly string[];
  queues?: readonly string[];
}

/** What filters may bound. */
export const TASK_INSTANCE_RANGES = {
  run_after: "r.run_after",
  logical_date: "r.logical_date",
  start_date: "ti.start_date",
  end_date: "ti.end_date",
  duration: "extract(epoch from coalesce(ti.end_date, now()) - ti.start_date)",
} as const;
type TaskInstanceRange = keyof typeof TASK_INSTANCE_RANGES;

const RENDERED_MAP_INDEX = "coalesce(ti.rendered_map_index, ti.map_index::text)";

/** What task instances may be ordered by. */
export const TASK_INSTANCE_ORDER = {
  id: "ti.id",
  task_id: "ti.task_id",
  state: "ti.state",
  duration: "(ti.end_date - ti.start_date)",
  start_date: "ti.start_date",
  end_date: "ti.end_date",
  map_index: "ti.map_index",
  try_number: "ti.try_number",
  logical_date: "r.logical_date",
  run_after: "r.run_after",
  data_interval_start: "r.data_interval_start",
  data_interval_end: "r.data_interval_end",
  rendered_map_index: RENDERED_MAP_INDEX,
  operator: "ti.operator",
} as const;

const COLUMNS = `ti.id, ti.dag_run_id, ti.dag_id, dag.dag_display_name, ti.run_id, ti.task_id, ti.map_index, ti.state,
  ti.try_number, ti.max_tries, ti.operator, ti.pool, ti.pool_slots, ti.queue, ti.priority_weight, ti.scheduled_at,
  ti.queued_at, ti.start_date, ti.end_date, ti.hostname, ti.pid, ti.note, ti.rendered_map_index,
  shown.rendered_fields, r.logical_date, r.run_after,
  case when ti.state = 'deferred' then ti.trigger_kind end as trigger_kind, ti.trigger_kwargs, ti.trigger_created_at,
  case when ti.state = 'deferred' then (select to_json(j) from job j where j.id = ti.triggerer_id) end as triggerer_job,
  v.id as version_id, v.version_number, v.created_at as version_created_at`;
const TABLES = `task_instance ti join dag_run r on r.id = ti.dag_run_id join dag on dag.dag_id = r.dag_id
  join dag_version v on v.id = r.dag_version_id
  left join rendered_task_instance_fields shown on shown.dag_run_id = ti.dag_run_id and shown.task_id = ti.task_id
                                               and shown.map_index = ti.map_index`;

/** One page of the task instances that pass the filter, and how many pass. */
export async function listTaskInstances(
  db: Queryable,
  filter: TaskInstanceFilter,
  page: Page<keyof typeof TASK_INSTANCE_ORDER>,
): Promise<{ rows: TaskInstanceRow[]; total: number }> {
  const where = conditions(filter);
  return listPage<TaskInstanceRow, keyof typeof TASK_INSTANCE_ORDER>(
    db,
    {
      select: `select ${COLUMNS} from ${TABLES}`,
      counted: "task_instance ti join dag_run r on r.id = ti.dag_run_id join dag_version v on v.id = r.dag_version_id",
      where,
      order: TASK_INSTANCE_ORDER,
      tieBreaker: "ti.dag_run_id, ti.map_index, ti.id",
    },
    page,
  );
}

/** A task instance of a run in its latest try. */
export async function findTaskInstanceRow(
  db: Queryable,
  dagId: string,
  runId: string,
  taskId: string,
  mapIndex = -1,
): Promise<TaskInstanceRow | undefined> {
  const { rows } = await db.query<TaskInstanceRow>(
    `select ${COLUMNS} from ${TABLES}
     where r.dag_id = $1 and r.run_id = $2 and ti.task_id = $3 and ti.map_index = $4`,
    [dagId, runId, taskId, mapIndex],
  );
  return rows[0];
}

/** All instances of a task in a run; one unless it is mapped. */
export async function listInstancesOfTask(
  db: Queryable,
  dagId: string,
  runId: string,
  taskId: string,
): Promise<TaskInstanceRow[]> {
  const { rows } = await db.query<TaskInstanceRow>(
    `select ${COLUMNS} from ${TABLES} where r.dag_id = $1 and r.run_id = $2 and ti.task_id = $3 order by ti.map_index`,
    [dagId, runId, taskId],
  );
  return rows;
}

/** Those of the named task instances that there are, by run and task. */
export async function listNamedTaskInstances(db: Queryable, named: readonly TaskOfRun[]): Promise<TaskInstanceRow[]> {
  const { rows } = await db.query<TaskInstanceRow>(
    `select ${COLUMNS} from ${TABLES}
       join unnest($1::bigint[], $2::text[], $3::integer[]) as named (dag_run_id, task_id, map_index)
            on named.dag_run_id = ti.dag_run_id and named.task_id = ti.task_id and named.map_index = ti.map_index
      order by r.logical_date, ti.dag_run_id, ti.task_id, ti.map_index`,
    [named.map(({ dagRunId }) => dagRunId), named.map(({ taskId }) => taskId), named.map(({ mapIndex }) => mapIndex)],
  );
  return rows;
}

function conditions(filter: TaskInstanceFilter): SqlConditions {
  const where = new SqlConditions();
  if (filter.dagId !== undefined) where.add("r.dag_id = ?", filter.dagId);
  if (filter.runId !== undefined) where.add("r.run_id = ?", filter.runId);
  if (filter.taskId !== undefined) where.add("ti.task_id = ?", filter.taskId);
  if (filter.dagIds?.length) where.add("r.dag_id = any (?)", filter.dagIds);
  if (filter.runIds?.length) where.add("r.run_id = any (?)", filter.runIds);
  if (filter.taskIds?.length) where.add("ti.task_id = any (?)", filter.taskIds);
  if (filter.groupTasks !== undefined) where.add("ti.task_id = any (?)", filter.groupTasks);
  if (filter.operators?.length) where.add("ti.operator = any (?)", filter.operators);
  if (filter.tryNumbers?.length) where.add("ti.try_number = any (?)", filter.tryNumbers);
  if (filter.mapIndexes?.length) where.add("ti.map_index = any (?)", filter.mapIndexes);
  if (filter.versionNumbers?.length) where.add("v.version_number = any (?)", filter.versionNumbers);
  for (const [column, pattern] of [
    ["r.dag_id", filter.dagIdPattern],
    ["r.run_id", filter.runIdPattern],
    ["ti.task_id", filter.taskNamePattern],
    ["ti.pool", filter.poolPattern],
    ["ti.queue", filter.queuePattern],
    ["ti.operator", filter.operatorPattern],
    [RENDERED_MAP_INDEX, filter.renderedMapIndexPattern],
  ] as const) {
    if (pattern !== undefined) where.addPattern(column, pattern);
  }
  addRanges(where, TASK_INSTANCE_RANGES, filter.ranges);
  if (filter.isMapped) where.add("ti.map_index >= 0");
  if (filter.states?.length) {
    const named = filter.states.filter((state) => state !== null);
    where.add(filter.states.includes(null) ? "(ti.state is null or ti.state = any (?))" : "ti.state = any (?)", named);
  }
  if (filter.pools?.length) where.add("ti.pool = any (?)", filter.pools);
  if (filter.queues?.length) where.add("ti.queue = any (?)", filter.queues);
  return where;
}

/** A try: the latest one, or one that came before it. */
export interface TryRow {
  id: string;
  state: TaskState | null;
  try_number: number;
  queued_at: Date | null;
  start_date: Date | null;
  end_date: Date | null;
  hostname: string | null;
  pid: number | null;
}

/** The tries that came before the latest one, first try first. */
export async function listPastTries(
  db: Queryable,
  dagRunId: number,
  taskId: string,
  mapIndex: number,
): Promise<TryRow[]> {
  const { rows } = await db.query<TryRow>(
    `select id, state, try_number, queued_at, start_date, end_date, hostname, pid from task_instance_history
     where dag_run_id = $1 and task_id = $2 and map_index = $3 order by try_number, id`,
    [dagRunId, taskId, mapIndex],
  );
  return rows;
}

/** What the graph shows of a task in a run; of a mapped one, of all its instances together. */
export interface TaskStateRow {
  task_id: string;
  is_mapped: boolean;
  /** How many instances have each state; `no_status` stands for none. Instances that were removed are left out. */
  states: Partial<Record<TaskState | "no_status", number>>;
  operator: string;
  try_number: number;
  max_tries: number;
  /** The first start, and the last end when nothing is still to end. */
  start_date: Date | null;
  end_date: Date | null;
}

/** The states of all tasks of a run. */
export async function listTaskStates(db: Queryable, dagRunId: number): Promise<TaskStateRow[]> {
  const { rows } = await db.query<TaskStateRow>(
    `with counted as (
       select task_id, coalesce(state, 'no_status') as state, count(*)::integer as count,
              bool_or(map_index >= 0) as is_mapped, min(operator) as operator, max(try_number) as try_number,
              max(max_tries) as max_tries, min(start_date) as start_date,
              case when count(*) = count(end_date) then max(end_date) end as end_date, count(*) - count(end_date) as open
         from task_instance where dag_run_id = $1 and (state is distinct from 'removed' or map_index = -1)
        group by task_id, state
     )
     select task_id, bool_or(is_mapped) as is_mapped, json_object_agg(state, count) as states, min(operator) as operator,
            max(try_number) as try_number, max(max_tries) as max_tries, min(start_date) as start_date,
            case when sum(open) = 0 then max(end_date) end as end_date
       from counted group by task_id order by task_id`,
    [dagRunId],
  );
  return rows;
}

/** One state a task and run, for the grid. A mapped task shows the state that wants attention most. */
export async function listGridStates(
  db: Queryable,
  dagRunIds: readonly number[],
): Promise<{ dag_run_id: number; task_id: string; state: TaskState | null }[]> {
  const { rows } = await db.query<{ dag_run_id: number; task_id: string; state: TaskState | null }>(
    `select distinct on (dag_run_id, task_id) dag_run_id, task_id, state from task_instance
     where dag_run_id = any ($1)
     order by dag_run_id, task_id, coalesce(array_position(array[
       'failed', 'upstream_failed', 'up_for_retry', 'restarting', 'running', 'deferred', 'up_for_reschedule', 'queued',
       'scheduled'], state), case when state is null then 10 else 11 end)`,
    [dagRunIds],
  );
  return rows;
}
