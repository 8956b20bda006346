import { type Job, WaitingError, Worker } from "bullmq";
import { absenceOf } from "../absence.ts";
import type { AirflowConfig } from "../config/options.ts";
import { pauseFor } from "../duty.ts";
import type { Log } from "../log.ts";
import { readBroker } from "./broker.ts";
import { brokerOptions, bullName, WAIT_FOR_JOB_SECONDS } from "./bullmq-options.ts";
import { checkBroker } from "./check-redis.ts";
import { closeBounded } from "./close-bounded.ts";
import { createIntake, type Intake } from "./intake.ts";

export interface TryConsumerOptions {
  readonly queues: readonly string[];
  /** Tries taken at once, over all queues. */
  readonly concurrency: number;
  readonly log: Log;
  /**
   * Runs a try. The job is gone when it resolves. When it rejects, the job goes back to its queue:
   * for a try that was not claimed. The signal aborts when the consumer closes.
   */
  readonly onTry: (id: string, signal: AbortSignal) => Promise<void>;
  /** The same for callbacks that an outcome asked for. */
  readonly onCallback: (id: string, signal: AbortSignal) => Promise<void>;
}

export interface TryConsumer {
  /** Begins no more jobs and gives back what comes; those that were begun go on. */
  pause(): Promise<void>;
  /** Aborts the signal of the tries that run, waits for them, and disconnects. May be called twice. */
  close(): Promise<void>;
}

/**
 * How long a job stays a worker's own without a sign of life, and how often abandoned jobs are looked for. Short,
 * because a job that a worker took and whose try it had not claimed when it was killed or paused is in nobody else's
 * reach so long. A job that two workers hold is harmless, because only one can claim the try.
 */
const LOCK_MS = 4_000;
const LOOK_FOR_ABANDONED_MS = 1_000;
const RETRY_MS = 500;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * Takes jobs from the broker, which may go away and come back at any time. With PostgreSQL as the broker, the
 * database has to answer now. Throws when Redis would evict jobs.
 */
export async function openTryConsumer(config: AirflowConfig, options: TryConsumerOptions): Promise<TryConsumer> {
  const { queues, concurrency, log } = options;
  const checkLate = await checkBroker(config, log);
  const broker = readBroker(config);
  const closing = new AbortController();
  const workers: Worker[] = [];
  const intake = createIntake(concurrency, workers);
  const absence = absenceOf(log, "The broker");
  const reach = brokerOptions(broker);
  for (const name of new Set(queues)) {
    const worker: Worker = new Worker(
      bullName(name),
      (job, token) => runJob(job, token, worker, intake, options, closing.signal),
      {
        ...reach.options,
        concurrency,
        lockDuration: LOCK_MS,
        stalledInterval: LOOK_FOR_ABANDONED_MS,
        maxStalledCount: 1_000,
        runRetryDelay: RETRY_MS,
        drainDelay: WAIT_FOR_JOB_SECONDS,
        removeOnComplete: { count: 0 },
        removeOnFail: { count: 0 },
      },
      reach.backend as never,
    );
    worker.on("error", (error) => {
      reach.heard(error);
      absence.failed(error);
    });
    for (const sign of ["ready", "active"] as const) worker.on(sign, absence.answered).on(sign, checkLate);
    workers.push(worker);
  }
  if (broker.kind === "postgres") await Promise.all(workers.map((worker) => worker.waitUntilReady()));

  let closed: Promise<void> | undefined;
  const close = async () => {
    closing.abort();
    await intake.stop();
    await intake.empty();
    await Promise.all(workers.map(closeBounded));
  };
  return {
    pause: intake.stop,
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}

async function runJob(
  job: Job,
  token: string | undefined,
  worker: Worker,
  intake: Intake<Worker>,
  { onTry, onCallback }: TryConsumerOptions,
  signal: AbortSignal,
): Promise<void> {
  const id = job.id ?? "";
  // Anybody who can write to the broker can add a job; what is no try's id is dropped.
  if (!UUID.test(id)) return;
  if (!intake.enter(worker)) return giveBack(job, token);
  const isDone = await (job.name === "callback" ? onCallback : onTry)(id, signal).then(
    () => true,
    () => false,
  );
  intake.leave();
  if (isDone) return;
  await pauseFor(RETRY_MS, signal);
  await giveBack(job, token);
}

/** Puts a job back to where it came from: the next to be taken. */
async function giveBack(job: Job, token: string | undefined): Promise<never> {
  await job.moveToWait(token);
  throw new WaitingError();
}
