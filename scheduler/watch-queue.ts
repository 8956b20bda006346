import type { Database } from "#core/database/connect.ts";
import { countLiveJobs } from "#core/database/jobs.ts";
import { countWaitingTries, noteFullWorkers, type StuckTry, takeStuckTries } from "#core/database/stuck-tries.ts";
import { type Duty, pauseFor } from "#core/duty.ts";
import type { Log } from "#core/log.ts";

export interface QueueWatchOptions {
  readonly db: Database;
  readonly log: Log;
  /** `[scheduler] task_queued_timeout` */
  readonly timeoutSeconds: number;
  /** `[scheduler] num_stuck_in_queued_retries` */
  readonly mostRequeues: number;
  /** Between two looks: `[scheduler] task_queued_timeout_check_interval` */
  readonly everySeconds: number;
  /** How long a worker counts as alive after its last heartbeat. */
  readonly aliveSeconds: number;
}

/** A worker that is just being started is waited for so long before anybody is told. */
const TELL_AFTER_SECONDS = 5;

/**
 * Looks after tries that no worker takes. One that waits for too long although a worker has room is taken back and
 * queued anew, and fails when that does not help. That there is no worker at all is told much sooner, because only
 * somebody who starts one mends it.
 */
export class QueueWatch implements Duty {
  readonly name = "Watching the queue";
  readonly #options: QueueWatchOptions;
  /** Whether the log has been told that there is no worker. */
  #isTold = false;

  constructor(options: QueueWatchOptions) {
    this.#options = options;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.look();
      await pauseFor(this.#options.everySeconds * 1_000, signal);
    }
  }

  /** Looks once. */
  async look(): Promise<void> {
    const { db, log, timeoutSeconds, mostRequeues, aliveSeconds } = this.#options;
    const waiting = await countWaitingTries(db, TELL_AFTER_SECONDS);
    const hasWorker = waiting === 0 || (await countLiveJobs(db, "WorkerJob", aliveSeconds)) > 0;
    if (!hasWorker && !this.#isTold) {
      log.warning(`There is no worker, and ${waiting} task instances wait for one: airflow celery worker`);
    }
    this.#isTold = !hasWorker;
    await noteFullWorkers(db);
    const limits = { queuedSeconds: timeoutSeconds, mostRequeues, aliveSeconds };
    for (const stuck of await takeStuckTries(db, limits)) log.warning(describe(stuck));
  }
}

/** In Airflow's words. */
function describe({ dagId, runId, taskId, mapIndex, queue, state }: StuckTry): string {
  const instance = `<TaskInstance: ${dagId}.${taskId} ${runId}${mapIndex < 0 ? "" : ` map_index=${mapIndex}`} [queued]>`;
  return state === "failed"
    ? `Task requeue attempts exceeded max; marking failed. task_instance=${instance}, queue=${queue}`
    : `Task stuck in queued; will try to requeue. task_instance=${instance}, queue=${queue}`;
}
