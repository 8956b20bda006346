import { OF_TASK_INSTANCE, REQUEST_COLUMNS, TELL_OF_CALLBACKS } from "./callback-requests.ts";
import type { Queryable } from "./connect.ts";

/** What callbacks are told of a try that was lost, in Airflow's words. */
const WORKER_LOST = "Detected a task instance without a heartbeat: its worker is gone.";

/** A worker whose tries are running, and how long it has been silent. */
export interface SilentWorker {
  readonly jobId: string | null;
  readonly hostname: string | null;
  readonly pid: number | null;
  /** Since its own heartbeat, or that of its tries, whichever is the later. */
  readonly silentSeconds: number;
}

/** Workers that hold running tries and have been silent for at least some seconds. */
export async function listSilentWorkers(db: Queryable, silentSeconds: number): Promise<SilentWorker[]> {
  const { rows } = await db.query<SilentWorker>({
    name: "list-silent-workers",
    text: `select * from (
             select ti.job_id as "jobId", j.hostname, j.pid,
                    extract(epoch from now() - greatest(max(ti.last_heartbeat_at), max(j.latest_heartbeat)))
                      ::double precision as "silentSeconds"
               from task_instance ti left join job j on j.id = ti.job_id
              where ti.state in ('running', 'restarting') group by ti.job_id, j.hostname, j.pid) as holder
            where "silentSeconds" >= $1`,
    values: [silentSeconds],
  });
  return rows;
}

export interface LostTry {
  readonly id: string;
  readonly dagRunId: number;
  readonly dagId: string;
  readonly runId: string;
  readonly taskId: string;
  readonly mapIndex: number;
  readonly tryNumber: number;
  /** `up_for_retry`: it starts again at once; `failed`: it was lost too often. */
  readonly state: "up_for_retry" | "failed";
}

/**
 * Takes running tries away from workers that are gone, and (unless null) those that were silent for too long. Each starts
 * again at once, and the lost try does not count against the task's retries; but a task instance whose tries are
 * lost more often than `maxLosses` fails, because it may be what brings workers down. The late worker's own write
 * changes nothing, because the try is not running any more.
 */
export async function takeLostTries(
  db: Queryable,
  lost: { readonly jobIds: readonly string[]; readonly silentSeconds: number | null },
  maxLosses: number,
): Promise<LostTry[]> {
  const { rows } = await db.query<LostTry>({
    name: "take-lost-tries",
    text: `with lost as materialized (
             select id, state from task_instance
              where state in ('running', 'restarting')
                and (job_id = any($1::uuid[]) or last_heartbeat_at < now() - $2::double precision * interval '1 second')
              order by id for update skip locked
           ), taken as (
             update task_instance ti
                set state = case when ti.lost_tries < $3 then 'up_for_retry' else 'failed' end,
                    due_at = case when ti.lost_tries < $3 then now() end,
                    -- A clear has set max_tries already.
                    max_tries = ti.max_tries + case when lost.state = 'running' and ti.lost_tries < $3 then 1 else 0 end,
                    lost_tries = ti.lost_tries + case when lost.state = 'running' then 1 else 0 end,
                    waiting_since = case when lost.state = 'running' then ti.waiting_since end,
                    end_date = now()
               from lost where ti.id = lost.id
             returning ti.*
           ), requested as (
             insert into callback_request (${REQUEST_COLUMNS})
             select ti.dag_run_id, r.dag_version_id, event.name, $4,
                    ${OF_TASK_INSTANCE}
               from taken ti join lost using (id) join dag_run r on r.id = ti.dag_run_id
               join dag_version v on v.id = r.dag_version_id,
                    lateral (select case ti.state when 'failed' then 'failure' else 'retry' end) as event (name)
              where lost.state = 'running' and exists (
                    select 1 from jsonb_array_elements(v.serialized -> 'dag' -> 'tasks') as task
                     where task -> '__var' ->> 'task_id' = ti.task_id
                       and (task -> '__var' ? ('has_on_' || event.name || '_callback')
                            or task -> '__var' ? 'email'
                               and coalesce(task -> '__var' ->> ('email_on_' || event.name), 'true') = 'true'))
             returning id
           ), told_of_callbacks as (
             select count(${TELL_OF_CALLBACKS}) from requested
           ), told as (
             select count(pg_notify('daisy_run', change)) as run, count(pg_notify('daisy_view', change)) as view
               from (select run_change(dag_run_id, dag_id, json_agg(json_build_array(task_id, map_index, state))) as change
                       from taken group by dag_run_id, dag_id) as per_run
           )
           select id, dag_run_id as "dagRunId", dag_id as "dagId", run_id as "runId", task_id as "taskId",
                  map_index as "mapIndex", try_number as "tryNumber", state
             from taken, told, told_of_callbacks`,
    values: [lost.jobIds, lost.silentSeconds, maxLosses, WORKER_LOST],
  });
  return rows;
}
