import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { AirflowConfig } from "#core/config/options.ts";
import { codeCacheDir } from "#core/dag-code/materialize.ts";
import { connect, type Database } from "#core/database/connect.ts";
import { type NewJob, recordHeartbeat, recordJobEnd } from "#core/database/jobs.ts";
import { KEYED_LOOKUPS } from "#core/database/keyed-lookups.ts";
import { untilWritten } from "#core/database/patience.ts";
import { createTaskLogin, type TaskLogin } from "#core/database/task-login.ts";
import { type Duty, pauseFor, runDuties } from "#core/duty.ts";
import { housekeeping } from "#core/housekeeping/housekeeping.ts";
import type { Log } from "#core/log.ts";
import { openTryConsumer, type TryConsumer } from "#core/queue/try-consumer.ts";
import { openSecrets } from "#core/secrets/open-secrets.ts";
import { createTemplateRenderer } from "#core/templates/renderer.ts";
import { createChildPool } from "./child-pool.ts";
import { confirmOwnership, heartbeatMs, trustAfterConfirmation } from "./confirm-ownership.ts";
import { createDagVersions } from "./dag-versions.ts";
import { startLogServer } from "./log-server.ts";
import { mailDefault } from "./mail-default.ts";
import { pruneOncePerRun } from "./prune-rendered-fields.ts";
import { runAlone } from "./run-alone.ts";
import { createCallbackTaker } from "./run-callback.ts";
import { RunningTries } from "./running-tries.ts";
import { createTryTaker } from "./take-tries.ts";
import { METADATA_URL, taskEnvironment } from "./task-environment.ts";
import { findTaskUser } from "./task-user.ts";
import { createTryWrites } from "./try-writes.ts";

export interface WorkerOptions {
  readonly config: AirflowConfig;
  readonly log: Log;
  /** Aborting it drains and ends the worker. */
  readonly signal: AbortSignal;
  /** @default `[celery] default_queue` */
  readonly queues?: readonly string[];
  /** Tries run at once. @default `[celery] worker_concurrency` */
  readonly concurrency?: number;
  /** Aborting it ends the drain: what still runs is stopped and given back. @default never */
  readonly hard?: AbortSignal;
  /**
   * How long running tries may go on after the signal aborts; then they are stopped and given back.
   * @default `[celery] worker_soft_shutdown_timeout`
   */
  readonly drainSeconds?: number;
  /** Takes this one try, which may be one that has to run alone, and ends; nothing comes from the queues. */
  readonly onlyTry?: string;
}

/** How long a worker that shuts down waits for a database that is away, besides the grace that stopped tasks have. */
const LAST_CALL_MS = 15_000;
/**
 * What a worker must say to keep its tries, each with one statement under way: that it lives, that they live, which it
 * claims, how they ended, which it gives up. Tasks' questions may wait for each other's locks on all other connections.
 */
const VITAL_CONNECTIONS = 5;
/** PostgreSQL's error code. */
const INSUFFICIENT_PRIVILEGE = "42501";

/**
 * Runs a worker: takes jobs, runs tries in child processes, stores outcomes. Resolves when the signal has aborted and
 * everything it started has ended. Throws when it cannot start.
 */
export async function runWorker(options: WorkerOptions): Promise<void> {
  const { config, log, signal, onlyTry } = options;
  const { queues = onlyTry === undefined ? [config.celery.default_queue] : [] } = options;
  const { concurrency = config.celery.worker_concurrency } = options;
  await using logServer = await startLogServer(config, log);
  const job: NewJob = {
    ...{ id: randomUUID(), jobType: "WorkerJob", hostname: hostname(), pid: process.pid, queues },
    slots: concurrency,
    logServerPort: logServer?.port,
  };
  const open = (maxConnections: number) =>
    connect(config.database.sql_alchemy_conn, {
      maxConnections,
      applicationName: "daisy-worker",
      settings: KEYED_LOOKUPS,
    });
  const db = open(config.database.sql_alchemy_pool_size);
  const vital = open(VITAL_CONNECTIONS);
  let login: TaskLogin | undefined;
  let endState: "success" | "failed" = "failed";
  try {
    await untilWritten(() => recordHeartbeat(vital, job), log, signal);
    login = await untilWritten(() => logTasksIn(db, config.database.sql_alchemy_conn, job.id, log), log, signal);
    await work({ ...options, concurrency }, { db, vital }, { ...job, queues }, login?.url);
    endState = "success";
  } finally {
    const end = recordJobEnd(vital, job.id, endState).catch(() => undefined);
    await Promise.all([end, login?.drop()]);
    await Promise.all([db.end(), vital.end()]);
  }
}

/**
 * The login of this worker's tasks; undefined when the worker's own may not create one. They never get the worker's,
 * which reaches every table.
 */
async function logTasksIn(db: Database, url: string, jobId: string, log: Log): Promise<TaskLogin | undefined> {
  const given = process.env[METADATA_URL];
  if (given) return { url: given, drop: () => Promise.resolve() };
  try {
    return await createTaskLogin(db, url, jobId);
  } catch (error) {
    if ((error as { code?: string }).code !== INSUFFICIENT_PRIVILEGE) throw error;
    log.warning(
      "The database's role may not create roles, so tasks get no login for ML Metadata, which TFX tasks need; grant it " +
        `CREATEROLE, or give the worker ${METADATA_URL} with a login that reaches ML Metadata and nothing else`,
    );
    return undefined;
  }
}

/** @param metadataUrl where tasks keep ML Metadata, when they have a login for it */
async function work(
  options: WorkerOptions & { readonly concurrency: number },
  { db, vital }: { readonly db: Database; readonly vital: Database },
  job: NewJob & { readonly queues: readonly string[] },
  metadataUrl: string | undefined,
): Promise<void> {
  const { config, log, signal, onlyTry, concurrency } = options;
  const { hard = new AbortController().signal, drainSeconds = config.celery.worker_soft_shutdown_timeout } = options;
  const graceMs = config.core.killed_task_cleanup_time * 1_000;
  const user = findTaskUser(config.core.default_impersonation);
  const children = createChildPool({
    size: concurrency,
    maxTries: config.core.execute_tasks_new_python_interpreter ? 1 : config.celery.worker_max_tasks_per_child,
    env: taskEnvironment(config, metadataUrl, user),
    user,
    graceMs,
    log,
  });
  const tries = new RunningTries(trustAfterConfirmation(config.scheduler.task_instance_heartbeat_timeout));
  const drained = new AbortController();
  const lastCall = new AbortController();
  const renderer = createTemplateRenderer(config.core.template_rendering_timeout);
  try {
    const writes = createTryWrites(vital, job, onlyTry !== undefined, log, {
      claims: signal,
      outcomes: lastCall.signal,
    });
    const loadVersion = createDagVersions(db, codeCacheDir(config.home), user);
    const baseLogFolder = config.logging.base_log_folder;
    const box = { ...openSecrets(config), defaults: [mailDefault(config.smtp)] };
    const baseUrl = config.webserver.base_url;
    const { max_map_length: maxMapLength } = config.core;
    const own = { db, box, log, children, baseLogFolder, baseUrl, loadVersion, lists: new Map(), maxMapLength };
    const templates = { renderer, ...templateSettings(config) };
    const effects = { ...own, templates, lastCall: lastCall.signal, ...writes };
    const alone = (id: string, stop: AbortSignal) => runAlone(db, config, id, log, stop);
    const taker = createTryTaker(tries, writes, effects, log, onlyTry === undefined ? alone : async () => false);
    const callbacks = createCallbackTaker(job.id, effects);
    const consumer =
      onlyTry === undefined
        ? await openTryConsumer(config, {
            queues: job.queues,
            concurrency,
            log,
            onTry: taker.take,
            onCallback: callbacks.take,
          })
        : consumeOnly(onlyTry, taker.take);
    const duties = [
      heartbeat(vital, job, config.scheduler.job_heartbeat_sec, log),
      confirmOwnership(vital, tries, heartbeatMs(config.scheduler), log),
      ...(onlyTry === undefined ? [housekeeping(config, db, log, { database: false })] : []),
    ];
    const working = runDuties(duties, log, drained.signal);
    if (onlyTry === undefined) log.info(`Worker ready: ${concurrency} tries at once from ${job.queues.join(", ")}`);

    await (onlyTry === undefined ? aborted(signal) : Promise.race([aborted(signal), taker.idle()]));
    const left = tries.all().length;
    if (left > 0) log.info(`Stopping: ${left} tries may go on for ${drainSeconds} s; a second signal gives them back`);
    await consumer.pause();
    await Promise.race([taker.idle(), pauseFor(drainSeconds * 1_000, AbortSignal.any([drained.signal, hard]))]);
    taker.stop();
    const giveUp = setTimeout(() => lastCall.abort(), LAST_CALL_MS + graceMs);
    await consumer.close();
    clearTimeout(giveUp);
    drained.abort();
    await working;
  } finally {
    drained.abort();
    renderer.close();
    await children.close();
  }
}

/** Takes one try, and then nothing more. */
function consumeOnly(id: string, take: (id: string) => Promise<void>): TryConsumer {
  const taken = take(id).catch(() => undefined);
  return { pause: async () => undefined, close: () => taken };
}

function templateSettings({ core }: AirflowConfig) {
  return {
    maxFieldLength: core.max_templated_field_length,
    confOverridesParams: core.dag_run_conf_overrides_params,
    pruneFields: pruneOncePerRun(core.max_num_rendered_ti_fields_per_task),
  };
}

function heartbeat(db: Database, job: NewJob, seconds: number, log: Log): Duty {
  return {
    name: "Worker heartbeat",
    async run(signal) {
      while (!signal.aborted) {
        await untilWritten(() => recordHeartbeat(db, job), log, signal);
        await pauseFor(seconds * 1_000, signal);
      }
    },
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
