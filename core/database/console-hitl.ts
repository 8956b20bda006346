import type { JsonValue } from "#sdk/json.ts";
import type { Queryable } from "./connect.ts";
import { listPage, type Page } from "./list-page.ts";
import { addRanges, type Range } from "./ranges.ts";
import { SqlConditions } from "./sql-conditions.ts";

interface UserRow {
  id: string;
  name: string;
}

/** A question that a task has asked people, with the answer when there is one. */
export interface HitlRow {
  id: number;
  dag_run_id: number;
  dag_id: string;
  run_id: string;
  task_id: string;
  map_index: number;
  try_number: number;
  /** Whether the task still waits for an answer. */
  is_waiting: boolean;
  subject: string;
  body: string | null;
  options: string[];
  defaults: string[] | null;
  multiple: boolean;
  params: Record<string, { value: JsonValue; description?: string; schema?: Record<string, JsonValue> }>;
  assigned_users: UserRow[];
  created_at: Date;
  responded_at: Date | null;
  responded_by: UserRow | null;
  chosen_options: string[] | null;
  params_input: Record<string, JsonValue> | null;
}

/** What questions may be ordered by. */
export const HITL_ORDER = {
  ti_id: "ti.id",
  subject: "h.subject",
  responded_at: "h.responded_at",
  created_at: "h.created_at",
  responded_by_user_id: "h.responded_by ->> 'id'",
  responded_by_user_name: "h.responded_by ->> 'name'",
  dag_id: "ti.dag_id",
  run_id: "ti.run_id",
  task_display_name: "ti.task_id",
  run_after: "r.run_after",
  rendered_map_index: "ti.map_index",
  task_instance_operator: "ti.operator",
  task_instance_state: "ti.state",
} as const;

/** What filters may bound. */
export const HITL_RANGES = { created_at: "h.created_at" } as const;

export interface HitlFilter {
  readonly dagId?: string;
  readonly runId?: string;
  readonly dagIdPattern?: string;
  readonly taskId?: string;
  readonly taskIdPattern?: string;
  readonly mapIndex?: number;
  readonly states?: readonly string[];
  readonly responseReceived?: boolean;
  readonly respondedByIds?: readonly string[];
  readonly respondedByNames?: readonly string[];
  readonly subjectPattern?: string;
  readonly bodyPattern?: string;
  readonly ranges?: readonly Range<keyof typeof HITL_RANGES>[];
}

const COLUMNS = `h.id, h.dag_run_id, ti.dag_id, ti.run_id, h.task_id, h.map_index, h.try_number,
  ti.state = 'deferred' and h.responded_at is null as is_waiting, h.subject, h.body, h.options, h.defaults, h.multiple,
  h.params, h.assigned_users, h.created_at, h.responded_at, h.responded_by, h.chosen_options, h.params_input`;
/** Of each task instance, the question of its latest try. */
const TABLES = `hitl_detail h
  join task_instance ti on ti.dag_run_id = h.dag_run_id and ti.task_id = h.task_id and ti.map_index = h.map_index
                       and ti.try_number = h.try_number
  join dag_run r on r.id = h.dag_run_id`;

/** One page of the questions that pass the filter, and how many pass. */
export async function listHitlDetails(
  db: Queryable,
  filter: HitlFilter,
  page: Page<keyof typeof HITL_ORDER>,
): Promise<{ rows: HitlRow[]; total: number }> {
  const where = new SqlConditions();
  if (filter.dagId !== undefined) where.add("ti.dag_id = ?", filter.dagId);
  if (filter.runId !== undefined) where.add("ti.run_id = ?", filter.runId);
  if (filter.dagIdPattern !== undefined) where.addPattern("ti.dag_id", filter.dagIdPattern);
  if (filter.taskId !== undefined) where.add("ti.task_id = ?", filter.taskId);
  if (filter.taskIdPattern !== undefined) where.addPattern("ti.task_id", filter.taskIdPattern);
  if (filter.mapIndex !== undefined) where.add("ti.map_index = ?", filter.mapIndex);
  if (filter.states?.length) where.add("ti.state = any (?)", filter.states);
  if (filter.responseReceived !== undefined) where.add("(h.responded_at is not null) = ?", filter.responseReceived);
  if (filter.respondedByIds?.length) where.add("h.responded_by ->> 'id' = any (?)", filter.respondedByIds);
  if (filter.respondedByNames?.length) where.add("h.responded_by ->> 'name' = any (?)", filter.respondedByNames);
  if (filter.subjectPattern !== undefined) where.addPattern("h.subject", filter.subjectPattern);
  if (filter.bodyPattern !== undefined) where.addPattern("h.body", filter.bodyPattern);
  addRanges(where, HITL_RANGES, filter.ranges);
  return listPage<HitlRow, keyof typeof HITL_ORDER>(
    db,
    { select: `select ${COLUMNS} from ${TABLES}`, counted: TABLES, where, order: HITL_ORDER, tieBreaker: "h.id" },
    page,
  );
}

/** The question of one of a task instance's tries. */
export async function findHitlOfTry(
  db: Queryable,
  task: { readonly dagRunId: number; readonly taskId: string; readonly mapIndex: number; readonly tryNumber: number },
): Promise<HitlRow | undefined> {
  const { rows } = await db.query<HitlRow>(
    `select ${COLUMNS} from hitl_detail h
       join task_instance ti on ti.dag_run_id = h.dag_run_id and ti.task_id = h.task_id and ti.map_index = h.map_index
      where h.dag_run_id = $1 and h.task_id = $2 and h.map_index = $3 and h.try_number = $4`,
    [task.dagRunId, task.taskId, task.mapIndex, task.tryNumber],
  );
  return rows[0];
}

/** The question of a task instance's latest try. */
export async function findHitlDetail(
  db: Queryable,
  task: { readonly dagRunId: number; readonly taskId: string; readonly mapIndex: number },
): Promise<HitlRow | undefined> {
  const { rows } = await db.query<HitlRow>(
    `select ${COLUMNS} from ${TABLES} where h.dag_run_id = $1 and h.task_id = $2 and h.map_index = $3`,
    [task.dagRunId, task.taskId, task.mapIndex],
  );
  return rows[0];
}
