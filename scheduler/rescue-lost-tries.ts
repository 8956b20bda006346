import { hostname } from "node:os";
import type { Database } from "#core/database/connect.ts";
import { listSilentWorkers, type SilentWorker, takeLostTries } from "#core/database/lost-tries.ts";
import { type Duty, pauseFor } from "#core/duty.ts";
import type { Log } from "#core/log.ts";

/** How often a task instance's try may be lost with its worker before the task instance fails. */
const MAX_LOSSES = 3;
const LOOK_EVERY_MS = 1_000;
/** A worker of this machine whose process is gone is waited for this long, so that its last writes arrive. */
const GONE_AFTER_SECONDS = 2;
/** A longer pause between two looks means that the database, or this process, was away. */
const LONGEST_GAP_MS = 5 * LOOK_EVERY_MS;

/**
 * Starts tries again whose worker is gone.
 *
 * A try is lost when nothing has been heard of it and its worker for task_instance_heartbeat_timeout. A worker on
 * this machine is also lost when it has been silent for two seconds and its process is no more, so that a killed
 * worker's tries start again at once.
 *
 * Silence counts only while somebody listened: after an outage of the database every worker has been silent, so each
 * gets the full time again from when the database is back.
 */
export class LostTryRescuer implements Duty {
  readonly name = "Rescuing lost tries";
  readonly #db: Database;
  readonly #timeoutSeconds: number;
  readonly #log: Log;
  readonly #isProcessAlive: (pid: number) => boolean;

  constructor(db: Database, timeoutSeconds: number, log: Log, isProcessAlive = processIsAlive) {
    this.#db = db;
    this.#timeoutSeconds = timeoutSeconds;
    this.#log = log;
    this.#isProcessAlive = isProcessAlive;
  }

  async run(signal: AbortSignal): Promise<void> {
    let listeningSince = performance.now();
    let lastLook = listeningSince;
    while (!signal.aborted) {
      const now = performance.now();
      if (now - lastLook > LONGEST_GAP_MS) listeningSince = now;
      await this.look((now - listeningSince) / 1000);
      lastLook = performance.now();
      await pauseFor(LOOK_EVERY_MS, signal);
    }
  }

  /** Looks once. @param listenedSeconds for how long silence would have been noticed */
  async look(listenedSeconds: number): Promise<void> {
    const silent = await listSilentWorkers(this.#db, Math.min(GONE_AFTER_SECONDS, this.#timeoutSeconds));
    const gone = silent.filter((worker) => this.#isGone(worker));
    const timeIsOver = listenedSeconds >= this.#timeoutSeconds;
    if (gone.length === 0 && !timeIsOver) return;
    const lost = await takeLostTries(
      this.#db,
      { jobIds: gone.flatMap((worker) => worker.jobId ?? []), silentSeconds: timeIsOver ? this.#timeoutSeconds : null },
      MAX_LOSSES,
    );
    for (const { dagId, runId, taskId, mapIndex, tryNumber, state } of lost) {
      const instance = mapIndex < 0 ? taskId : `${taskId}[${mapIndex}]`;
      const then = state === "failed" ? `lost more than ${MAX_LOSSES} times, failed` : "starts again";
      this.#log.warning(
        `Detected a task instance without a heartbeat: ${dagId} ${runId} ${instance}, try ${tryNumber}; ${then}`,
      );
    }
  }

  #isGone(worker: SilentWorker): boolean {
    return worker.hostname === hostname() && worker.pid !== null && !this.#isProcessAlive(worker.pid);
  }
}

function processIsAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
