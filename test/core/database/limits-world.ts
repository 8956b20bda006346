import { randomUUID } from "node:crypto";
import type { Queryable } from "#core/database/connect.ts";

/** The states in which a task instance matters to limits; null: ready, as the evaluator found. */
export type LimitedState = "scheduled" | "queued" | "running" | "restarting" | "deferred" | null;

/** A task instance, with what limits look at. */
export interface WorldTask {
  /** Its run's place in the world's list. */
  readonly run: number;
  readonly taskId: string;
  readonly mapIndex?: number;
  /** @default scheduled */
  readonly state?: LimitedState;
  readonly pool?: string;
  readonly poolSlots?: number;
  readonly queue?: string;
  readonly weight?: number;
  readonly perDag?: number | null;
  readonly perRun?: number | null;
}

export interface WorldRun {
  readonly dagId: string;
  /** The day of its logical date. */
  readonly day: number;
  readonly state?: "running" | "queued";
}

/** What the limits of a moment depend on. */
export interface World {
  readonly pools?: readonly { readonly pool: string; readonly slots: number; readonly includeDeferred?: boolean }[];
  readonly dags: readonly { readonly dagId: string; readonly maxActiveTasks?: number; readonly isPaused?: boolean }[];
  readonly runs: readonly WorldRun[];
  readonly tasks: readonly WorldTask[];
  /** @default 1000 */
  readonly parallelism?: number;
  /** Queues that workers serve. @default all */
  readonly served?: readonly string[] | null;
}

const FULL = {
  mapIndex: -1,
  state: "scheduled" as LimitedState,
  pool: "default_pool",
  poolSlots: 1,
  queue: "default",
  weight: 1,
  perDag: null,
  perRun: null,
};
const complete = (task: WorldTask) => ({ ...FULL, ...task });

/** How a task instance is named in what tests compare. */
export const nameOf = ({ run, taskId, mapIndex = -1 }: WorldTask): string =>
  `${run}/${taskId}${mapIndex < 0 ? "" : `[${mapIndex}]`}`;

/** Writes a world into an empty database (or over the world before it); returns the ids of its runs. */
export async function seedWorld(db: Queryable, { pools = [], dags, runs, tasks }: World): Promise<number[]> {
  await db.query("delete from dag; delete from dag_code; delete from pool");
  await db.query("insert into pool (pool, slots) values ('default_pool', 128) on conflict do nothing");
  await db.query(
    `insert into pool select * from json_to_recordset($1)
       as p (pool text, slots integer, description text, include_deferred boolean)
     on conflict (pool) do update set slots = excluded.slots, include_deferred = excluded.include_deferred`,
    [JSON.stringify(pools.map((pool) => ({ ...pool, include_deferred: pool.includeDeferred ?? false })))],
  );
  await db.query("insert into dag_code (code_hash, source, bundle) values ('hash', '', '')");
  await db.query(
    `with added as (
       insert into dag (dag_id, fileloc, relative_fileloc, timetable_summary, is_paused, max_active_tasks, max_active_runs)
       select "dagId", "dagId", "dagId", 'None', coalesce("isPaused", false), coalesce("maxActiveTasks", 16), 1000
         from json_to_recordset($1) as d ("dagId" text, "isPaused" boolean, "maxActiveTasks" integer)
       returning dag_id
     )
     insert into dag_version (id, dag_id, version_number, serialized_hash, serialized, code_hash)
     select gen_random_uuid(), dag_id, 1, 'hash', '{}', 'hash' from added`,
    [JSON.stringify(dags)],
  );
  const { rows } = await db.query<{ id: number }>(
    `insert into dag_run (dag_id, run_id, run_type, state, logical_date, run_after, triggered_by, dag_version_id)
     select r."dagId", 'run_' || r.place, 'manual', coalesce(r.state, 'running'), null, now(), 'test', v.id
       from json_to_recordset($1) as r (place integer, "dagId" text, state text)
       join dag_version v on v.dag_id = r."dagId"
      order by r.place returning id`,
    [JSON.stringify(runs.map((run, place) => ({ ...run, place })))],
  );
  const ids = rows.map(({ id }) => id);
  await db.query(
    `insert into task_instance (id, dag_run_id, dag_id, run_id, task_id, map_index, state, max_tries, operator, pool, pool_slots,
                                queue, priority_weight, order_date, max_active_tis_per_dag, max_active_tis_per_dagrun)
     select id, run, "dagId", 'x', "taskId", "mapIndex", state, 0, 'x', pool, "poolSlots", queue, weight,
            '2024-01-01'::timestamptz + day * interval '1 day', "perDag", "perRun"
       from json_to_recordset($1) as t (id uuid, run bigint, "dagId" text, "taskId" text, "mapIndex" integer, state text,
            pool text, "poolSlots" integer, queue text, weight integer, day integer, "perDag" integer, "perRun" integer)`,
    [
      JSON.stringify(
        tasks.map(complete).map((task) => ({
          ...task,
          ...{ id: randomUUID(), run: ids[task.run], dagId: runs[task.run]!.dagId, day: runs[task.run]!.day },
        })),
      ),
    ],
  );
  return ids;
}

/**
 * What may start in a world, in the order in which it is chosen, by the rules as Airflow writes them down: one task
 * instance after the other is held against every limit.
 */
export function mayStart(world: World): string[] {
  const { pools = [], dags, runs, parallelism = 1_000, served = null } = world;
  const tasks = world.tasks.map(complete);
  const slotsOf = new Map([["default_pool", { slots: 128, includeDeferred: false }]]);
  for (const { pool, slots, includeDeferred = false } of pools) slotsOf.set(pool, { slots, includeDeferred });
  const dagOf = (task: { run: number }) => dags.find(({ dagId }) => dagId === runs[task.run]!.dagId)!;
  const active = tasks.filter(({ state }) => state === "queued" || state === "running" || state === "restarting");
  const deferred = tasks.filter(({ state }) => state === "deferred");
  const sum = (counted: readonly { poolSlots: number }[]) => counted.reduce((all, { poolSlots }) => all + poolSlots, 0);

  const chosen: typeof tasks = [];
  for (const task of tasks.filter(({ state }) => state === "scheduled" || state === null).sort(inOrder(runs))) {
    const now = [...active, ...chosen];
    const dag = dagOf(task);
    const pool = slotsOf.get(task.pool);
    if (dag.isPaused || (runs[task.run]!.state ?? "running") !== "running") continue;
    if (now.length >= parallelism) continue;
    if (pool === undefined) continue;
    const holding = [...now, ...(pool.includeDeferred ? deferred : [])].filter((other) => other.pool === task.pool);
    if (pool.slots >= 0 && pool.slots - sum(holding) < task.poolSlots) continue;
    if (now.filter((other) => other.run === task.run).length >= (dag.maxActiveTasks ?? 16)) continue;
    const alike = now.filter((other) => other.taskId === task.taskId && dagOf(other) === dag);
    if (task.perDag !== null && alike.length >= task.perDag) continue;
    if (task.perRun !== null && alike.filter((other) => other.run === task.run).length >= task.perRun) continue;
    if (served !== null && !served.includes(task.queue)) continue;
    chosen.push(task);
  }
  return chosen.map(nameOf);
}

/** Priority, logical date, map index; then what nobody promises, but what makes a choice the same each time. */
const inOrder =
  (runs: readonly WorldRun[]) =>
  (one: ReturnType<typeof complete>, other: ReturnType<typeof complete>): number =>
    other.weight - one.weight ||
    runs[one.run]!.day - runs[other.run]!.day ||
    one.mapIndex - other.mapIndex ||
    one.run - other.run ||
    (one.taskId < other.taskId ? -1 : 1);

/** Rows of a table that a transaction has read so far. */
export async function rowsRead(tx: Queryable, table = "task_instance"): Promise<number> {
  const { rows } = await tx.query<{ read: number }>(
    `select (coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::integer as read
       from pg_stat_xact_user_tables where relname = $1`,
    [table],
  );
  return rows[0]!.read;
}
