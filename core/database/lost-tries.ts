import { REQUEST_FOR, TELL_OF_REQUESTED } from "./callback-requests.ts";
import type { Queryable } from "./connect.ts";
import { TELL_OF_CHANGED } from "./notifications.ts";
import { KEEP_CLEARED, START_OVER } from "./start-over.ts";

/** What callbacks and the event log are told of a try that was lost, in Airflow's words. */
const WORKER_LOST = "Detected a task instance without a heartbeat: its worker is gone.";

/**
 * A task instance whose executions were lost with their worker so often, one after the other, is parked: it may be
 * what brings workers down.
 */
export const MOST_LOSSES = 3;
/**
 * One that was lost so often runs alone, in a worker process of its own, so that what ran beside it by chance is not
 * lost with it again and again.
 */
export const ALONE_AFTER_LOSSES = 2;

/** A worker whose tries are running, and how long it has been silent. */
export interface SilentWorker {
  readonly jobId: string | null;
  readonly hostname: string | null;
  readonly pid: number | null;
  /** Since its own heartbeat, or that of its tries, whichever is the later. */
  readonly silentSeconds: number;
}

/** Workers that hold running tries and have been silent for at least some seconds, by the database's clock. */
export async function listSilentWorkers(
  db: Queryable,
  silentSeconds: number,
): Promise<{ readonly at: Date; readonly workers: readonly SilentWorker[] }> {
  const { rows } = await db.query<{ at: Date; workers: SilentWorker[] }>({
    name: "list-silent-workers",
    text: `select now() as at, coalesce(json_agg(holder) filter (where "silentSeconds" >= $1), '[]') as workers
             from (select ti.job_id as "jobId", j.hostname, j.pid,
                          extract(epoch from now() - greatest(max(ti.last_heartbeat_at), max(j.latest_heartbeat)))
                            ::double precision as "silentSeconds"
                     from task_instance ti left join job j on j.id = ti.job_id
                    where ti.state in ('running', 'restarting') group by ti.job_id, j.hostname, j.pid) as holder`,
    values: [silentSeconds],
  });
  return rows[0]!;
}

export interface LostTry {
  readonly id: string;
  readonly dagId: string;
  readonly runId: string;
  readonly taskId: string;
  readonly mapIndex: number;
  readonly tryNumber: number;
  readonly hostname: string | null;
  readonly pid: number | null;
  /**
   * `up_for_retry`: it starts again at once; `failed`: it was lost too often; null: it had been cleared, and is judged
   * anew.
   */
  readonly state: "up_for_retry" | "failed" | null;
}

/**
 * Takes tries away from workers that are gone, and (unless null) those that have been silent since a moment. Each starts
 * again at once, and the lost try does not count against the task's retries; but a task instance whose executions are
 * lost `MOST_LOSSES` times one after the other fails, with a note, because it may be what brings workers down. One that
 * was cleared while it ran starts over as cleared ones do: what is above it may have been cleared too. The late
 * worker's own write changes nothing, because the try is not running any more.
 */
export async function takeLostTries(
  db: Queryable,
  lost: { readonly jobIds: readonly string[]; readonly silentSince: Date | null },
): Promise<LostTry[]> {
  const { rows } = await db.query<LostTry>({
    name: "take-lost-tries",
    text: `with lost as materialized (
             select *, lost_tries + 1 >= ${MOST_LOSSES} as is_last from task_instance
              where state in ('running', 'restarting')
                and (job_id = any($1::uuid[]) or last_heartbeat_at < $2)
              order by id for update skip locked
           ), taken as (
             update task_instance ti
                set state = case when lost.is_last then 'failed' else 'up_for_retry' end,
                    due_at = case when not lost.is_last then now() end,
                    max_tries = ti.max_tries + case when lost.is_last then 0 else 1 end,
                    lost_tries = ti.lost_tries + 1,
                    note = case when lost.is_last then coalesce(ti.note, $4) else ti.note end,
                    end_date = now()
               from lost where ti.id = lost.id and lost.state = 'running'
             returning ti.*
           ), ${KEEP_CLEARED("lost")}, started_over as (
             ${START_OVER("lost")}
             returning lost.id, ti.dag_run_id, ti.dag_id, ti.task_id, ti.map_index, ti.state
           ), ${REQUEST_FOR("taken", "case ti.state when 'failed' then 'failure' else 'retry' end", "$3")},
           ${TELL_OF_REQUESTED}, changed as (
             select id, dag_run_id, dag_id, task_id, map_index, state from taken union all select * from started_over
           ), written_down as (
             insert into log (event, dag_id, run_id, task_id, extra)
             select 'heartbeat timeout', lost.dag_id, lost.run_id, lost.task_id,
                    json_build_object('map_index', lost.map_index, 'try_number', lost.try_number, 'message', $3::text)
               from lost
           ), told as (${TELL_OF_CHANGED("changed")})
           select id, lost.dag_id as "dagId", lost.run_id as "runId", lost.task_id as "taskId",
                  lost.map_index as "mapIndex", lost.try_number as "tryNumber", lost.hostname, lost.pid, changed.state
             from changed join lost using (id), told, told_of_callbacks`,
    values: [lost.jobIds, lost.silentSince, WORKER_LOST, PARKED],
  });
  return rows;
}

/** Written on a task instance that is parked. */
const PARKED =
  `Parked: its worker was lost in each of ${MOST_LOSSES} executions, so it may be what brings workers down. ` +
  "Nothing tries it again; clear it to run it once more.";

/** Whether a queued try was lost so often with its worker that it has to run alone. */
export async function mustRunAlone(db: Queryable, id: string): Promise<boolean> {
  const { rows } = await db.query({
    name: "must-run-alone",
    text: `select from task_instance where id = $1 and state = 'queued' and lost_tries >= ${ALONE_AFTER_LOSSES}`,
    values: [id],
  });
  return rows.length > 0;
}
