import type { DagRunState } from "#sdk/states.ts";
import type { Queryable } from "./connect.ts";
import type { SideEffect } from "./side-effects.ts";

/** What a callback is called for. */
export type CallbackEvent = "success" | "failure" | "retry" | "skipped";

/** What an outcome says of the callbacks that it calls for. */
export interface DueCallback {
  readonly event: CallbackEvent;
  /** What went wrong, if something did. */
  readonly exception: string | null;
}

/** Tells the scheduler, at commit, that callbacks wait to be dispatched. */
const TELL_OF_CALLBACKS = "pg_notify('daisy_callback', '')";

/** A part of a statement that tells of the requests that its part `requested` inserted. */
export const TELL_OF_REQUESTED = `told_of_callbacks as (select count(${TELL_OF_CALLBACKS}) from requested)`;

/** The task instance's columns of a request, from `ti` and its run `r`. */
const REQUEST_COLUMNS =
  "dag_run_id, dag_version_id, event, exception, task_id, map_index, try_number, max_tries, task_start_date, task_end_date, hostname, queue";
const OF_TASK_INSTANCE =
  "ti.task_id, ti.map_index, ti.try_number, ti.max_tries, ti.start_date, ti.end_date, ti.hostname, ti.queue";

/** Whether the DAG's version `v` has callbacks for the event of a task instance `ti`, or wants a mail sent: a condition. */
const IS_WANTED = `exists (
  select 1 from jsonb_array_elements(v.serialized -> 'dag' -> 'tasks') as task
   where task -> '__var' ->> 'task_id' = ti.task_id
     and (task -> '__var' ? ('has_on_' || event.name || '_callback')
          or task -> '__var' ? 'email' and coalesce(task -> '__var' ->> ('email_on_' || event.name), 'true') = 'true'))`;

/**
 * A part of a statement that changes task instances, named `requested`: it asks for their callbacks, where there are any.
 * The event, the exception and the job are SQL expressions, in which `ti` is the task instance.
 * @param changed the part of the statement that returns the task instances
 * @param jobId the worker on whose behalf it is asked. @default none: any worker may call them at once
 */
export const REQUEST_FOR = (changed: string, event: string, exception: string, jobId = "null::uuid") => `requested as (
    insert into callback_request (${REQUEST_COLUMNS}, job_id)
    select ti.dag_run_id, r.dag_version_id, event.name, ${exception}, ${OF_TASK_INSTANCE}, ${jobId}
      from ${changed} ti join dag_run r on r.id = ti.dag_run_id join dag_version v on v.id = r.dag_version_id,
           lateral (select ${event}) as event (name)
     where ${IS_WANTED}
    returning id
  )`;

/**
 * The same for task instances that ran and were made to fail: their workers have to stop them first, and then release the
 * requests (`releaseCallbacks`). When a worker is lost, its requests are freed with it.
 */
export const REQUEST_WHEN_STOPPED = (stopped: string) =>
  REQUEST_FOR(stopped, "'failure'", "'State of this instance has been externally set to failed.'", "ti.job_id");

/** Lets callbacks be called that were asked for on behalf of a worker, because it has stopped what they are about. */
export async function releaseCallbacks(
  db: Queryable,
  jobId: string,
  tries: readonly { dagRunId: number; taskId: string; mapIndex: number; tryNumber: number }[],
): Promise<void> {
  await db.query({
    name: "release-callbacks",
    text: `with released as (
             update callback_request c set job_id = null
               from unnest($2::bigint[], $3::text[], $4::integer[], $5::integer[])
                 as stopped (dag_run_id, task_id, map_index, try_number)
              where c.job_id = $1 and c.attempts = 0 and c.dag_run_id = stopped.dag_run_id
                and c.task_id = stopped.task_id and c.map_index = stopped.map_index
                and c.try_number = stopped.try_number
             returning c.id
           )
           select ${TELL_OF_CALLBACKS} from released limit 1`,
    values: [
      jobId,
      tries.map(({ dagRunId }) => dagRunId),
      tries.map(({ taskId }) => taskId),
      tries.map(({ mapIndex }) => mapIndex),
      tries.map(({ tryNumber }) => tryNumber),
    ],
  });
}

const REQUEST = `
  with requested as (
    insert into callback_request (${REQUEST_COLUMNS})
    select ti.dag_run_id, r.dag_version_id, due.event, due.exception, ${OF_TASK_INSTANCE}
      from unnest($1::uuid[], $2::text[], $3::text[]) as due (id, event, exception)
      join task_instance ti using (id) join dag_run r on r.id = ti.dag_run_id
    returning id
  )
  select ${TELL_OF_CALLBACKS} from requested limit 1`;

/** Has callbacks called for tries, which are their task instances' latest. */
export async function requestTaskCallbacks(
  db: Queryable,
  tries: readonly (DueCallback & { readonly id: string })[],
): Promise<void> {
  await db.query({
    name: "request-task-callbacks",
    text: REQUEST,
    values: [tries.map(({ id }) => id), tries.map(({ event }) => event), tries.map(({ exception }) => exception)],
  });
}

/** An outcome whose task has callbacks for it asks for them; a worker calls them once it is stored. */
export const requestCallbacks: SideEffect = {
  concerns: ({ callback }) => callback !== undefined,
  async store(tx, finished) {
    await requestTaskCallbacks(
      tx,
      finished.map(({ id, outcome }) => ({ id, ...outcome.callback! })),
    );
    return [];
  },
};

/** A request that no worker has taken, for the queue. */
export interface WaitingCallback {
  readonly id: string;
  readonly queue: string;
}

const AT_ONCE = 500;

/**
 * Requests that no worker has claimed, and of which the queue has not been told for some seconds; it counts as told
 * from now on.
 * @param defaultQueue where callbacks of runs go
 */
export async function listWaitingCallbacks(
  db: Queryable,
  defaultQueue: string,
  toldBeforeSeconds: number,
): Promise<WaitingCallback[]> {
  const { rows } = await db.query<WaitingCallback>({
    name: "list-waiting-callbacks",
    text: `update callback_request c set dispatched_at = now()
             from (select id from callback_request
                    where job_id is null
                      and (dispatched_at is null or dispatched_at < now() - $2 * interval '1 second')
                    order by created_at limit ${AT_ONCE} for update skip locked) as waiting
            where c.id = waiting.id
           returning c.id, coalesce(c.queue, $1) as queue`,
    values: [defaultQueue, toldBeforeSeconds],
  });
  return rows;
}

/**
 * Takes requests away from workers that are gone, so that others run them. One that many workers have begun and none
 * has ended is given up, because it may be what brings them down.
 * @param silentSeconds without a heartbeat a worker counts as gone
 * @returns the DAGs and runs of those that were given up
 */
export async function freeLostCallbacks(
  db: Queryable,
  silentSeconds: number,
  maxAttempts: number,
): Promise<{ dagId: string; runId: string }[]> {
  const { rows } = await db.query<{ dagId: string; runId: string }>({
    name: "free-lost-callbacks",
    text: `with lost as materialized (
             select c.id, c.attempts from callback_request c
              where c.job_id is not null
                and (not exists (
                       select 1 from job j where j.id = c.job_id and j.state = 'running'
                          and j.latest_heartbeat >= now() - $1 * interval '1 second')
                     -- It waits for its task to be stopped, by a worker that does not know of it.
                     or c.attempts = 0 and c.created_at < now() - interval '10 minutes')
              order by c.id for update skip locked
           ), freed as (
             update callback_request c set job_id = null, dispatched_at = null
               from lost where c.id = lost.id and lost.attempts < $2
           ), given_up as (
             delete from callback_request c using lost where c.id = lost.id and lost.attempts >= $2
             returning c.dag_run_id
           )
           select r.dag_id as "dagId", r.run_id as "runId" from given_up join dag_run r on r.id = given_up.dag_run_id`,
    values: [silentSeconds, maxAttempts],
  });
  return rows;
}

/** A request that a worker runs. */
export interface ClaimedCallback extends DueCallback {
  readonly id: string;
  readonly dagRunId: number;
  readonly dagId: string;
  readonly runId: string;
  readonly dagVersionId: string;
  readonly reason: string | null;
  readonly runState: DagRunState;
  readonly logicalDate: Date | null;
  readonly dataIntervalStart: Date | null;
  readonly dataIntervalEnd: Date | null;
  readonly conf: Readonly<Record<string, unknown>>;
  /** Null for a callback of a run of which no task instance ended. */
  readonly task: CallbackTask | null;
  /** Whether the callbacks are the run's, and `task` only the one that ended last. */
  readonly isOfRun: boolean;
}

export interface CallbackTask {
  readonly taskId: string;
  readonly mapIndex: number;
  readonly tryNumber: number;
  readonly maxTries: number;
  readonly state: string;
  readonly startDate: Date | null;
  readonly endDate: Date | null;
  readonly hostname: string | null;
}

type ClaimedRow = Omit<ClaimedCallback, "task" | "isOfRun"> & Nullable<CallbackTask>;

type Nullable<T> = { readonly [K in keyof T]: T[K] | null };

const STATE_AFTER: Readonly<Record<CallbackEvent, string>> = {
  success: "success",
  failure: "failed",
  retry: "up_for_retry",
  skipped: "skipped",
};

/**
 * Takes a request for a worker, or undefined when another one has it or it has run. One that the worker has taken
 * already is returned again, because the first answer may have been lost.
 */
export async function claimCallback(db: Queryable, id: string, jobId: string): Promise<ClaimedCallback | undefined> {
  const { rows } = await db.query<ClaimedRow>({
    name: "claim-callback",
    text: `update callback_request c set job_id = $2, attempts = attempts + 1
             from dag_run r
            where c.id = $1 and (c.job_id is null or c.job_id = $2) and r.id = c.dag_run_id
           returning c.id, c.event, c.reason, c.exception, c.dag_version_id as "dagVersionId",
                     c.dag_run_id as "dagRunId", r.dag_id as "dagId", r.run_id as "runId",
                     r.state as "runState", r.logical_date as "logicalDate",
                     r.data_interval_start as "dataIntervalStart", r.data_interval_end as "dataIntervalEnd", r.conf,
                     c.task_id as "taskId", c.map_index as "mapIndex", c.try_number as "tryNumber",
                     c.max_tries as "maxTries", c.task_start_date as "startDate", c.task_end_date as "endDate",
                     c.hostname`,
    values: [id, jobId],
  });
  const row = rows[0];
  if (row === undefined) return undefined;
  const { taskId, mapIndex, tryNumber, maxTries, startDate, endDate, hostname, ...request } = row;
  if (taskId === null) return { ...request, isOfRun: true, task: await findLastEnded(db, row.dagRunId, row.event) };
  const ended = { taskId, mapIndex, tryNumber, maxTries, startDate, endDate, hostname } as Omit<CallbackTask, "state">;
  return { ...request, isOfRun: false, task: { ...ended, state: STATE_AFTER[request.event] } };
}

/** What Airflow gives a run's callback as its task instance. */
async function findLastEnded(db: Queryable, dagRunId: number, event: CallbackEvent): Promise<CallbackTask | null> {
  const { rows } = await db.query<CallbackTask>({
    name: "find-last-ended-task",
    text: `select task_id as "taskId", map_index as "mapIndex", try_number as "tryNumber", max_tries as "maxTries",
                  state, start_date as "startDate", end_date as "endDate", hostname
             from task_instance where dag_run_id = $1 and end_date is not null
            order by ($2 = 'failure' and state = 'failed') desc, end_date desc limit 1`,
    values: [dagRunId, event],
  });
  return rows[0] ?? null;
}

/** Gives a request back: its worker shuts down before it has run. */
export async function handBackCallback(db: Queryable, id: string, jobId: string): Promise<void> {
  await db.query(
    `with freed as (update callback_request set job_id = null, dispatched_at = null where id = $1 and job_id = $2
                    returning id)
     select ${TELL_OF_CALLBACKS} from freed`,
    [id, jobId],
  );
}

/** Forgets a request that has run. */
export async function deleteCallback(db: Queryable, id: string, jobId: string): Promise<void> {
  await db.query("delete from callback_request where id = $1 and job_id = $2", [id, jobId]);
}

/** What a run's end calls for. */
export interface RunCallback {
  readonly event: "success" | "failure";
  readonly reason: string;
}

/**
 * What a statement that ends runs has besides, so that it also asks for their callbacks; nothing when no run has any.
 * @param ended the part of the statement that returns the runs' `id` and `dag_version_id`
 * @param parameters how many the statement has without
 */
export function askForRunCallbacks(
  runs: readonly { readonly id: number; readonly callback?: RunCallback | null }[],
  ended: string,
  parameters: number,
): { readonly name: string; readonly parts: string; readonly from: string; readonly values: readonly unknown[] } {
  const due = runs.flatMap(({ id, callback }) => (callback ? [{ id, ...callback }] : []));
  if (due.length === 0) return { name: "", parts: "", from: "", values: [] };
  const [ids, events, reasons] = [1, 2, 3].map((place) => `$${parameters + place}`);
  return {
    name: "-with-callbacks",
    parts: `, requested as (
             insert into callback_request (dag_run_id, dag_version_id, event, reason)
             select ${ended}.id, ${ended}.dag_version_id, due.event, due.reason
               from ${ended} join unnest(${ids}::bigint[], ${events}::text[], ${reasons}::text[])
                 as due (id, event, reason) using (id)
             returning id
           ), ${TELL_OF_REQUESTED}`,
    from: ", told_of_callbacks",
    values: [due.map(({ id }) => id), due.map(({ event }) => event), due.map(({ reason }) => reason)],
  };
}
