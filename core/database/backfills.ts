import type { Queryable } from "./connect.ts";
import { WHOLE_DAG } from "./dags.ts";
import { listPage, type Page } from "./list-page.ts";
import type { ReprocessBehavior } from "./plan-backfill.ts";
import { SqlConditions } from "./sql-conditions.ts";

/** A backfill as the API shows it. */
export interface BackfillRow {
  id: number;
  dag_id: string;
  dag_display_name: string | null;
  from_date: Date;
  to_date: Date;
  dag_run_conf: unknown;
  is_paused: boolean;
  reprocess_behavior: ReprocessBehavior;
  max_active_runs: number;
  created_at: Date;
  completed_at: Date | null;
  updated_at: Date;
  /** Its runs, and how many of them have ended. */
  runs: number;
  ended_runs: number;
  failed_runs: number;
}

export interface BackfillFilter {
  readonly dagId?: string;
  /** True: those that are not over; false: those that are. */
  readonly active?: boolean;
}

/** What backfills may be ordered by. */
export const BACKFILL_ORDER = { id: "b.id" } as const;

const SELECT = `
  select b.id, b.dag_id, dag.dag_display_name, b.from_date, b.to_date, b.dag_run_conf, b.is_paused, b.reprocess_behavior,
         b.max_active_runs, b.created_at, b.completed_at, b.updated_at, count(r.id)::integer as runs,
         count(r.id) filter (where r.state in ('success', 'failed'))::integer as ended_runs,
         count(r.id) filter (where r.state = 'failed')::integer as failed_runs
    from backfill b join dag using (dag_id) left join dag_run r on r.backfill_id = b.id`;
const GROUP = "group by b.id, dag.dag_id";

/** One page of the backfills that pass the filter, and how many pass. */
export async function listBackfills(
  db: Queryable,
  filter: BackfillFilter,
  page: Page<keyof typeof BACKFILL_ORDER>,
): Promise<{ rows: BackfillRow[]; total: number }> {
  const where = new SqlConditions();
  if (filter.dagId !== undefined) where.add("b.dag_id = ?", filter.dagId);
  if (filter.active !== undefined) where.add("(b.completed_at is null) = ?", filter.active);
  return listPage<BackfillRow, keyof typeof BACKFILL_ORDER>(
    db,
    { select: SELECT, counted: "backfill b", where, groupBy: GROUP, order: BACKFILL_ORDER, tieBreaker: "b.id" },
    page,
  );
}

/** A backfill by its id. */
export async function findBackfill(db: Queryable, id: number): Promise<BackfillRow | undefined> {
  const { rows } = await db.query<BackfillRow>(`${SELECT} where b.id = $1 ${GROUP}`, [id]);
  return rows[0];
}

/** Wakes the scheduler and the console after a change of the backfills that `changed` returned. */
const TOLD = (changed: string) =>
  `select pg_notify('daisy_run', json_build_object('dagRunId', ${WHOLE_DAG}, 'dagId', dag_id)::text),
          pg_notify('daisy_view', json_build_object('dagRunId', ${WHOLE_DAG}, 'dagId', dag_id)::text)
     from ${changed}`;

/**
 * Pauses a backfill, so that none of its runs start, or lets it go on; what runs goes on in any case.
 * @returns false when it is over, or there is none
 */
export async function setBackfillPaused(db: Queryable, id: number, isPaused: boolean): Promise<boolean> {
  const { rowCount } = await db.query(
    `with changed as (
       update backfill set is_paused = $2, updated_at = now() where id = $1 and completed_at is null returning dag_id
     ) ${TOLD("changed")}`,
    [id, isPaused],
  );
  return rowCount === 1;
}

/**
 * Cancels a backfill: it is over, its queued runs fail, and those that run go on.
 * @returns false when it was over, or there is none
 */
export async function cancelBackfill(db: Queryable, id: number): Promise<boolean> {
  const { rowCount } = await db.query(
    `with changed as (
       update backfill set is_paused = true, completed_at = now(), updated_at = now()
        where id = $1 and completed_at is null returning dag_id
     ), failed as (
       update dag_run r set state = 'failed', end_date = now()
         from changed where r.backfill_id = $1 and r.state = 'queued'
     )
     ${TOLD("changed")}`,
    [id],
  );
  return rowCount === 1;
}

/** Marks the backfills as completed whose runs have all ended. @returns their ids */
export async function completeBackfills(db: Queryable): Promise<number[]> {
  const { rows } = await db.query<{ id: number }>({
    name: "complete-backfills",
    text: `with completed as (
             update backfill b set completed_at = now(), updated_at = now()
              where completed_at is null
                and not exists (select 1 from dag_run r where r.backfill_id = b.id and r.state in ('queued', 'running'))
             returning id, dag_id
           ), told as (
             select count(pg_notify('daisy_view', json_build_object('dagRunId', ${WHOLE_DAG}, 'dagId', dag_id)::text))
               from completed
           )
           select id from completed, told`,
  });
  return rows.map((row) => row.id);
}
