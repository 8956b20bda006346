import { Queue } from "bullmq";
import { absenceOf } from "../absence.ts";
import type { AirflowConfig } from "../config/options.ts";
import type { Log } from "../log.ts";
import { readBroker } from "./broker.ts";
import { brokerOptions, bullName } from "./bullmq-options.ts";
import { checkBroker } from "./check-redis.ts";
import { closeBounded, within } from "./close-bounded.ts";

/** What a job's id is the id of. */
export type JobKind = "try" | "callback";

export interface QueuedTry {
  /** The id of the try, or of the callback request: all that a job carries. */
  readonly id: string;
  /** What it is the id of. @default "try" */
  readonly kind?: JobKind;
  readonly queue: string;
  /** Among tries added in one call, higher goes first. @default 0 */
  readonly priority?: number;
}

/** Tells workers that tries are queued. A hint: the truth is the row's state. */
export interface TryQueue {
  /**
   * Adds a job for each try; one that is there already stays single. Rejects within two seconds when the broker
   * does not answer, and the jobs may or may not have been added: adding them again later is harmless.
   */
  add(tries: readonly QueuedTry[]): Promise<void>;
  /** May be called twice. */
  close(): Promise<void>;
}

const PATIENCE_MS = 2_000;

/**
 * Opens the broker for adding. Redis may be away and come back at any time; with PostgreSQL as the broker, the
 * database has to answer now. Throws when Redis would evict jobs.
 */
export async function openTryQueue(config: AirflowConfig, log: Log): Promise<TryQueue> {
  const checkLate = await checkBroker(config, log);
  const broker = readBroker(config);
  const { options, backend } = brokerOptions(broker, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    commandTimeout: PATIENCE_MS,
  });
  const absence = absenceOf(log, "The broker");
  const queues = new Map<string, Queue>();
  const giveUp = async (name: string, queue: Queue) => {
    queues.delete(name);
    await closeBounded(queue);
  };
  const open = (name: string): Queue => {
    const known = queues.get(name);
    if (known) return known;
    const opened = new Queue(bullName(name), options, backend as never);
    opened.on("error", absence.failed);
    queues.set(name, opened);
    // BullMQ looks once whether PostgreSQL is there, and remembers the answer; the next job opens the queue anew.
    if (broker.kind === "postgres") opened.waitUntilReady().catch(() => giveUp(name, opened));
    return opened;
  };
  if (broker.kind === "postgres") await open(config.celery.default_queue).waitUntilReady();

  return {
    add: async (tries) => {
      await Promise.all([...groupByQueue(tries)].map(([name, group]) => addJobs(open(name), group)));
      checkLate();
    },
    close: async () => {
      await Promise.all([...queues.values()].map(closeBounded));
    },
  };
}

function groupByQueue(tries: readonly QueuedTry[]): Map<string, QueuedTry[]> {
  const groups = new Map<string, QueuedTry[]>();
  for (const queued of tries) {
    const group = groups.get(queued.queue);
    if (group) group.push(queued);
    else groups.set(queued.queue, [queued]);
  }
  return groups;
}

async function addJobs(queue: Queue, tries: readonly QueuedTry[]): Promise<void> {
  const ordered = tries.toSorted((a, b) => (b.priority ?? 0) - (a.priority ?? 0));
  const jobs = ordered.map(({ id, kind = "try" }) => ({
    name: kind,
    data: null,
    opts: { jobId: id, removeOnComplete: true, removeOnFail: true },
  }));
  const added = queue.waitUntilReady().then(() => queue.addBulk(jobs));
  await within(PATIENCE_MS, added);
}
