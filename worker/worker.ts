import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { join } from "node:path";
import type { AirflowConfig } from "#core/config/options.ts";
import { connect, type Database } from "#core/database/connect.ts";
import { type NewJob, recordHeartbeat, recordJobEnd } from "#core/database/jobs.ts";
import { untilWritten } from "#core/database/patience.ts";
import { type Duty, pauseFor, runDuties } from "#core/duty.ts";
import type { Log } from "#core/log.ts";
import { openTryConsumer } from "#core/queue/try-consumer.ts";
import { createChildPool } from "./child-pool.ts";
import { confirmOwnership } from "./confirm-ownership.ts";
import { createDagVersions } from "./dag-versions.ts";
import { runTry } from "./run-try.ts";
import { RunningTries } from "./running-tries.ts";
import { taskEnvironment } from "./task-environment.ts";
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
  /** How long running tries may go on after the signal aborts; then they are stopped and given back. @default 10 */
  readonly drainSeconds?: number;
}

/** How long a worker that shuts down waits for a database that is away, besides the grace that stopped tasks have. */
const LAST_CALL_MS = 15_000;

/**
 * Runs a worker: takes jobs, runs tries in child processes, stores outcomes. Resolves when the signal has aborted and
 * everything it started has ended. Throws when it cannot start.
 */
export async function runWorker(options: WorkerOptions): Promise<void> {
  const { config, log, signal, drainSeconds = 10 } = options;
  const { queues = [config.celery.default_queue], concurrency = config.celery.worker_concurrency } = options;
  const job: NewJob = { id: randomUUID(), jobType: "WorkerJob", hostname: hostname(), pid: process.pid, queues };
  const db = connect(config.database.sql_alchemy_conn, {
    maxConnections: config.database.sql_alchemy_pool_size,
    applicationName: "daisy-worker",
  });
  const children = createChildPool({
    size: concurrency,
    maxTries: config.core.execute_tasks_new_python_interpreter ? 1 : config.celery.worker_max_tasks_per_child,
    env: taskEnvironment(config),
    log,
  });
  const tries = new RunningTries();
  const held = new Set<string>();
  const drained = new AbortController();
  const lastCall = new AbortController();
  const timeout = config.scheduler.task_instance_heartbeat_timeout;
  const duties = [heartbeat(db, job, config.scheduler.job_heartbeat_sec), confirmOwnership(db, tries, timeout, log)];
  try {
    await untilWritten(() => recordHeartbeat(db, job), log, signal);
    const writes = createTryWrites(
      db,
      { hostname: job.hostname, pid: job.pid, jobId: job.id },
      log,
      signal,
      lastCall.signal,
    );
    const effects = {
      db,
      log,
      children,
      lastCall: lastCall.signal,
      baseLogFolder: config.logging.base_log_folder,
      loadVersion: createDagVersions(db, join(config.home, "cache", "dag-code")),
      finish: writes.finish,
      handBack: writes.handBack,
    };
    const consumer = await openTryConsumer(config, { queues, concurrency, log, onTry: takeTry });
    const working = runDuties(duties, log, drained.signal);
    log.info(`Worker ready: ${concurrency} tries at once from ${queues.join(", ")}`);
    await aborted(signal);
    await consumer.pause();
    await Promise.race([tries.empty(), pauseFor(drainSeconds * 1_000, drained.signal)]);
    for (const running of tries.all()) running.stop({ kind: "shutdown" });
    const giveUp = setTimeout(() => lastCall.abort(), LAST_CALL_MS);
    await consumer.close();
    clearTimeout(giveUp);
    drained.abort();
    await working;

    async function takeTry(id: string): Promise<void> {
      // A job may come twice; a try that this worker holds must not be claimed again.
      if (held.has(id)) return;
      held.add(id);
      try {
        const claimed = await writes.claim(id);
        if (claimed !== undefined) await runTry(tries.add(claimed), effects);
        else log.debug(`Try ${id} was taken, cleared or finished before`);
      } finally {
        held.delete(id);
        tries.remove(id);
      }
    }
  } finally {
    drained.abort();
    await children.close();
    await recordJobEnd(db, job.id, signal.aborted ? "success" : "failed").catch(() => undefined);
    await db.end();
  }
}

function heartbeat(db: Database, job: NewJob, seconds: number): Duty {
  return {
    name: "Worker heartbeat",
    async run(signal) {
      while (!signal.aborted) {
        await recordHeartbeat(db, job);
        await pauseFor(seconds * 1_000, signal);
      }
    },
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
