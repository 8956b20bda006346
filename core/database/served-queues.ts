import type { Queryable } from "./connect.ts";
import { TELL_OF_CHANGED } from "./notifications.ts";

/**
 * The queues that workers serve which have given a sign of life in the last seconds; null when there is no such worker,
 * and so none that tries of other queues could keep waiting.
 */
export async function listServedQueues(db: Queryable, seconds: number): Promise<string[] | null> {
  const { rows } = await db.query<{ queues: string[] | null }>({
    name: "list-served-queues",
    text: `select array_agg(distinct queue order by queue) as queues from job, unnest(queues) as queue
            where job_type = 'WorkerJob' and state = 'running' and latest_heartbeat > now() - $1 * interval '1 second'`,
    values: [seconds],
  });
  return rows[0]!.queues;
}

/** The queues that none of those served is, and that tasks wait for. */
export async function listUnservedQueues(db: Queryable, served: readonly string[]): Promise<string[]> {
  const { rows } = await db.query<{ queue: string }>({
    name: "list-unserved-queues",
    text: `select distinct queue from (
             select queue from scheduled_lanes() union all select queue from task_instance where state = 'queued'
           ) as wanted where queue <> all($1) order by queue`,
    values: [served],
  });
  return rows.map(({ queue }) => queue);
}

/**
 * Takes tries back from queues that nobody serves any more, so that their slots are free for tasks that can run. They are
 * scheduled as before under a fresh id, so that a job that is left finds no row, and their number is given to the next
 * try. One that a worker is just taking stays. Tells schedulers and consoles.
 * @returns how many were taken back, by queue
 */
export async function takeBackUnserved(db: Queryable, served: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const { rows } = await db.query<{ queue: string; tries: number }>({
    name: "take-back-unserved",
    text: `with waiting as materialized (
             select id from task_instance where state = 'queued' and queue <> all($1) order by id for update skip locked
           ), taken as (
             update task_instance ti
                set id = uuid7(), state = 'scheduled', queued_at = null,
                    -- One that goes on with its try, because it had waited, was not given a new number.
                    try_number = ti.try_number - case when ti.start_date is null then 1 else 0 end
               from waiting where ti.id = waiting.id
             returning ti.dag_run_id, ti.dag_id, ti.task_id, ti.map_index, ti.state, ti.queue
           ), told as (${TELL_OF_CHANGED("taken")})
           select queue, count(*)::integer as tries from taken, told group by queue`,
    values: [served],
  });
  return new Map(rows.map(({ queue, tries }) => [queue, tries]));
}
