import { REQUEST_FOR, TELL_OF_REQUESTED } from "./callback-requests.ts";
import type { Queryable } from "./connect.ts";
import { TELL_OF_CHANGED } from "./notifications.ts";

/** A try that no worker took in time, and what became of it. */
export interface StuckTry {
  readonly dagId: string;
  readonly runId: string;
  readonly taskId: string;
  readonly mapIndex: number;
  readonly queue: string;
  readonly state: "scheduled" | "failed";
}

/** How Airflow names what happens, in its event log. */
const REQUEUED = "stuck in queued reschedule";
const GIVEN_UP = "stuck in queued tries exceeded";

/**
 * Notes which workers run as many tries as they may. Asked again and again, it tells those that are full from those that
 * leave something in their queues although they have room.
 */
export async function noteFullWorkers(db: Queryable): Promise<void> {
  await db.query({
    name: "note-full-workers",
    text: `update job set last_full_at = now()
            where job_type = 'WorkerJob' and state = 'running'
              and slots <= (select count(*) from task_instance
                             where job_id = job.id and state in ('running', 'restarting'))`,
  });
}

/** What takes back tries that wait for too long goes by. */
export interface StuckLimits {
  /** How long a try may wait in the queue, in seconds. */
  readonly queuedSeconds: number;
  /** How often it is taken back before it fails. */
  readonly mostRequeues: number;
  /** How long a worker counts as alive after its last heartbeat, in seconds. */
  readonly aliveSeconds: number;
}

/**
 * Takes back tries that have waited in the queue for longer than some seconds, so that they are queued anew under a
 * fresh id; one that was taken back `mostRequeues` times since a worker had it last fails, with a note and its callbacks
 * (Airflow's `_handle_tasks_stuck_in_queued`). A try that never began keeps its number for the next one.
 *
 * One whose queue has living workers, each of which was full at some time while it waited, is not stuck: it waits for its turn.
 */
export async function takeStuckTries(
  db: Queryable,
  { queuedSeconds, mostRequeues, aliveSeconds }: StuckLimits,
): Promise<StuckTry[]> {
  const { rows } = await db.query<StuckTry>({
    name: "take-stuck-tries",
    text: `with living as materialized (
             select queues, last_full_at from job
              where job_type = 'WorkerJob' and state = 'running'
                and latest_heartbeat > now() - $5::double precision * interval '1 second'
           ), stuck as materialized (
             select *, requeues >= $2 as is_last from task_instance ti
              where state = 'queued' and queued_at < now() - $1::double precision * interval '1 second'
                -- Without any worker there is none that could have been full.
                and coalesce((select bool_or(last_full_at is null or last_full_at < ti.queued_at) from living
                               where ti.queue = any (queues)), true)
              order by id limit 1000 for update skip locked
           ), requeued as (
             update task_instance ti
                set id = uuid7(), state = 'scheduled', queued_at = null, requeues = ti.requeues + 1,
                    try_number = ti.try_number - case when ti.start_date is null then 1 else 0 end
               from stuck where ti.id = stuck.id and not stuck.is_last
             returning ti.*
           ), failed as (
             update task_instance ti
                set state = 'failed', start_date = coalesce(ti.start_date, now()), end_date = now(),
                    note = coalesce(ti.note, $3)
               from stuck where ti.id = stuck.id and stuck.is_last
             returning ti.*
           ), changed as (
             select * from requeued union all select * from failed
           ), ${REQUEST_FOR("failed", "'failure'", "$3")}, ${TELL_OF_REQUESTED}, written_down as (
             insert into log (event, dag_id, run_id, task_id, extra)
             select case state when 'failed' then '${GIVEN_UP}' else '${REQUEUED}' end, dag_id, run_id, task_id,
                    json_build_object('map_index', map_index, 'message', case state when 'failed' then $3 else $4 end)
               from changed
           ), told as (${TELL_OF_CHANGED("changed")})
           select dag_id as "dagId", run_id as "runId", task_id as "taskId", map_index as "mapIndex", queue, state
             from changed, told, told_of_callbacks`,
    values: [
      queuedSeconds,
      mostRequeues,
      `Task was requeued more than ${mostRequeues} times and will be failed.`,
      `Task was in queued state for longer than ${queuedSeconds} seconds; task state will be set back to scheduled.`,
      aliveSeconds,
    ],
  });
  return rows;
}

/** How many tries have waited in the queue for longer than some seconds, whatever queue of it. */
export async function countWaitingTries(db: Queryable, waitedSeconds: number): Promise<number> {
  const { rows } = await db.query<{ waiting: number }>({
    name: "count-waiting-tries",
    text: `select count(*)::integer as waiting from task_instance
            where state = 'queued' and queued_at < now() - $1::double precision * interval '1 second'`,
    values: [waitedSeconds],
  });
  return rows[0]!.waiting;
}
