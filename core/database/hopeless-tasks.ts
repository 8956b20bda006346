import type { Queryable } from "./connect.ts";

/** A scheduled task, for all that wait for the same, that no wait will help. */
export interface HopelessTask {
  readonly dagId: string;
  readonly taskId: string;
  readonly pool: string;
  readonly poolSlots: number;
  /** What the pool has in all; null: there is no such pool. */
  readonly totalSlots: number | null;
}

/** Tasks whose pool does not exist, or is smaller than what one of them takes. */
export async function listHopelessTasks(db: Queryable): Promise<HopelessTask[]> {
  const { rows } = await db.query<HopelessTask>({
    name: "list-hopeless-tasks",
    text: `select l.dag_id as "dagId", l.task_id as "taskId", l.pool, l.pool_slots as "poolSlots", p.slots as "totalSlots"
             from scheduled_lanes() l left join pool p using (pool)
            where p.pool is null or (p.slots >= 0 and l.pool_slots > p.slots)`,
  });
  return rows;
}
