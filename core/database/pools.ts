import type { Queryable } from "./connect.ts";
import { listPage, type Page } from "./list-page.ts";
import { notify } from "./notifications.ts";
import { SqlConditions } from "./sql-conditions.ts";

/** The pool of tasks that name none; it cannot be deleted. */
export const DEFAULT_POOL = "default_pool";

/** A pool as users write it. */
export interface Pool {
  name: string;
  /** -1 stands for no limit. */
  slots: number;
  description: string | null;
  include_deferred: boolean;
}

/** A pool with the slots that its task instances hold or wait for. */
export interface PoolRow extends Pool {
  running: number;
  queued: number;
  scheduled: number;
  deferred: number;
}

/** How many of a pool's slots are taken. */
export function occupiedSlots({ running, queued, deferred, include_deferred: countsDeferred }: PoolRow): number {
  return running + queued + (countsDeferred ? deferred : 0);
}

/** What pools may be ordered by. */
export const POOL_ORDER = {
  name: "p.pool",
  pool: "p.pool",
  slots: "p.slots",
  description: "p.description",
  include_deferred: "p.include_deferred",
} as const;

const USED = ["running", "queued", "scheduled", "deferred"];
const SELECT = `select p.pool as name, p.slots, p.description, p.include_deferred,
    ${USED.map((state) => `coalesce(sum(ti.pool_slots) filter (where ti.state = '${state}'), 0)::integer as ${state}`)}
  from pool p left join task_instance ti
    on ti.pool = p.pool and ti.state in (${USED.map((state) => `'${state}'`)})`;

/** One page of the pools whose name passes the pattern, and how many pass. */
export async function listPools(
  db: Queryable,
  filter: { namePattern?: string | undefined },
  page: Page<keyof typeof POOL_ORDER>,
): Promise<{ rows: PoolRow[]; total: number }> {
  const where = new SqlConditions();
  if (filter.namePattern !== undefined) where.addPattern("p.pool", filter.namePattern);
  return listPage<PoolRow, keyof typeof POOL_ORDER>(
    db,
    { select: SELECT, counted: "pool p", where, groupBy: "group by p.pool", order: POOL_ORDER, tieBreaker: "p.pool" },
    page,
  );
}

/** Every pool by name. */
export async function listAllPools(db: Queryable): Promise<Pool[]> {
  const { rows } = await db.query<Pool>(
    "select pool as name, slots, description, include_deferred from pool order by pool",
  );
  return rows;
}

export async function findPool(db: Queryable, name: string): Promise<PoolRow | undefined> {
  const { rows } = await db.query<PoolRow>(`${SELECT} where p.pool = $1 group by p.pool`, [name]);
  return rows[0];
}

/** Adds a pool, which tasks may wait for; false when there is one of that name already. */
export async function insertPool(db: Queryable, pool: Pool): Promise<boolean> {
  const { rowCount } = await db.query(
    "insert into pool (pool, slots, description, include_deferred) values ($1, $2, $3, $4) on conflict do nothing",
    [pool.name, pool.slots, pool.description, pool.include_deferred],
  );
  await notify(db, "daisy_run");
  return rowCount === 1;
}

/** Stores a pool in place of an earlier one; what waits for its slots is looked at at once. */
export async function storePool(db: Queryable, pool: Pool): Promise<void> {
  await db.query(
    `insert into pool (pool, slots, description, include_deferred) values ($1, $2, $3, $4)
     on conflict (pool) do update set slots = excluded.slots, description = excluded.description,
       include_deferred = excluded.include_deferred`,
    [pool.name, pool.slots, pool.description, pool.include_deferred],
  );
  await notify(db, "daisy_run");
}

/** Deletes a pool; false when there was none. */
export async function deletePool(db: Queryable, name: string): Promise<boolean> {
  const { rowCount } = await db.query("delete from pool where pool = $1", [name]);
  return rowCount === 1;
}
