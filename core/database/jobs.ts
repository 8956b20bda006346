import { answeredWithin, type Queryable } from "./connect.ts";

export type JobType = "SchedulerJob" | "WorkerJob" | "TriggererJob" | "WebserverJob";

export interface NewJob {
  readonly id: string;
  readonly jobType: JobType;
  readonly hostname: string;
  readonly pid: number;
  /** What a worker takes from. @default none */
  readonly queues?: readonly string[];
  /** How many tries a worker runs at once. @default not known */
  readonly slots?: number;
  /** Where a worker serves its logs. @default it serves none */
  readonly logServerPort?: number | undefined;
}

const ANSWER_WITHIN_MS = 5_000;

/** Records that a process of Daisy runs, which for a worker wakes schedulers, or that it is alive, if it is recorded already. */
export async function recordHeartbeat(db: Queryable, job: NewJob): Promise<void> {
  await db.query(
    answeredWithin(ANSWER_WITHIN_MS, {
      name: "record-heartbeat",
      text: `with beat as (
               insert into job (id, job_type, state, hostname, pid, queues, log_server_port, slots)
               values ($1, $2, 'running', $3, $4, $5, $6, $7)
               on conflict (id) do update set latest_heartbeat = now(), state = 'running', end_date = null
               returning job_type, xmax = 0 as is_new
             )
             select pg_notify('daisy_worker', '') from beat where is_new and job_type = 'WorkerJob'`,
      values: [
        ...[job.id, job.jobType, job.hostname, job.pid, job.queues ?? [], job.logServerPort ?? null],
        job.slots ?? null,
      ],
    }),
  );
}

/** Records that a process of Daisy ended, orderly or by an error. */
export async function recordJobEnd(db: Queryable, id: string, state: "success" | "failed"): Promise<void> {
  await db.query("update job set state = $2, end_date = now() where id = $1", [id, state]);
}

/** How many processes of a type have given a sign of life in the last seconds. */
export async function countLiveJobs(db: Queryable, jobType: JobType, seconds: number): Promise<number> {
  const { rows } = await db.query<{ live: number }>({
    name: "count-live-jobs",
    text: `select count(*)::integer as live from job
            where job_type = $1 and state = 'running' and latest_heartbeat > now() - $2 * interval '1 second'`,
    values: [jobType, seconds],
  });
  return rows[0]!.live;
}

/** A process of Daisy as it is shown: what it does, and where. */
export interface LiveJob {
  readonly jobType: JobType;
  readonly hostname: string;
  readonly pid: number;
}

/** The processes that have given a sign of life in the last seconds; none in a database without tables. */
export async function listLiveJobs(db: Queryable, seconds: number): Promise<LiveJob[]> {
  const { rows: tables } = await db.query<{ job: string | null }>("select to_regclass('job') as job");
  if (tables[0]!.job === null) return [];
  const { rows } = await db.query<LiveJob>(
    `select job_type as "jobType", hostname, pid from job
      where state = 'running' and latest_heartbeat > now() - $1 * interval '1 second' order by job_type, hostname, pid`,
    [seconds],
  );
  return rows;
}

/** The port at which the worker with a process number serves, or served, its logs; null when it serves none. */
export async function findLogServerPort(db: Queryable, hostname: string, pid: number | null): Promise<number | null> {
  const { rows } = await db.query<{ port: number | null }>(
    `select log_server_port as port from job where job_type = 'WorkerJob' and hostname = $1 and pid = $2
      order by start_date desc limit 1`,
    [hostname, pid],
  );
  return rows[0]?.port ?? null;
}
