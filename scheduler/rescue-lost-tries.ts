import { access, appendFile } from "node:fs/promises";
import { hostname } from "node:os";
import type { Database } from "#core/database/connect.ts";
import {
  type LostTry,
  listSilentWorkers,
  MOST_LOSSES,
  type SilentWorker,
  takeLostTries,
} from "#core/database/lost-tries.ts";
import { type Duty, pauseFor } from "#core/duty.ts";
import type { Log } from "#core/log.ts";
import { taskLogPath } from "#core/task-logs.ts";
import { ClockJumps } from "./clock-jumps.ts";

export interface LostTryRescuerOptions {
  readonly db: Database;
  readonly log: Log;
  /** `[scheduler] task_instance_heartbeat_timeout` */
  readonly timeoutSeconds: number;
  /** Between two looks: `[scheduler] task_instance_heartbeat_timeout_detection_interval` */
  readonly everySeconds: number;
  /** Where the logs of tries are, if this machine has them. */
  readonly baseLogFolder: string;
  /** Whether a process of this machine lives. @default asks the system */
  readonly isProcessAlive?: (pid: number) => boolean;
}

/** A worker of this machine whose process is gone is waited for this long, so that its last writes arrive. */
const GONE_AFTER_SECONDS = 2;
/** So many looks that did not happen mean that the database, or this process, was away. */
const LONGEST_GAP_LOOKS = 5;

/**
 * Starts tries again whose worker is gone.
 *
 * A try is lost when nothing has been heard of it and its worker for task_instance_heartbeat_timeout. A worker on
 * this machine is also lost when it has been silent for two seconds and its process is no more, so that a killed
 * worker's tries start again at once.
 *
 * Silence counts only while somebody listened: after an outage of the database every worker has been silent, so each
 * gets the full time again from when the database is back. The same holds when its clock jumps: silence is measured by
 * it, and what it says of the time before is worth nothing.
 */
export class LostTryRescuer implements Duty {
  readonly name = "Rescuing lost tries";
  readonly #options: LostTryRescuerOptions;
  readonly #isProcessAlive: (pid: number) => boolean;
  readonly #clock = new ClockJumps();

  constructor(options: LostTryRescuerOptions) {
    this.#options = options;
    this.#isProcessAlive = options.isProcessAlive ?? processIsAlive;
  }

  async run(signal: AbortSignal): Promise<void> {
    const lookEveryMs = this.#options.everySeconds * 1_000;
    let listeningSince = performance.now();
    let lastLook = listeningSince;
    while (!signal.aborted) {
      const now = performance.now();
      if (now - lastLook > lookEveryMs * LONGEST_GAP_LOOKS) listeningSince = now;
      const hasJumped = await this.look((now - listeningSince) / 1_000);
      lastLook = performance.now();
      if (hasJumped) listeningSince = lastLook;
      await pauseFor(lookEveryMs, signal);
    }
  }

  /**
   * Looks once.
   * @param listenedSeconds for how long silence would have been noticed
   * @returns whether the database's clock has jumped since the last look, so that nobody knows who was silent
   */
  async look(listenedSeconds: number): Promise<boolean> {
    const { db, log, timeoutSeconds } = this.#options;
    const askedAt = performance.now();
    const { at, workers } = await listSilentWorkers(db, Math.min(GONE_AFTER_SECONDS, timeoutSeconds));
    const hasJumped = this.#clock.hasJumped(at.getTime(), askedAt, performance.now());
    if (hasJumped) log.warning(`The database's clock was set; workers have ${timeoutSeconds} s to tell that they live`);
    const gone = workers.filter((worker) => this.#isGone(worker));
    const timeIsOver = listenedSeconds >= timeoutSeconds && !hasJumped;
    if (gone.length === 0 && !timeIsOver) return hasJumped;
    const lost = await takeLostTries(db, {
      jobIds: gone.flatMap((worker) => worker.jobId ?? []),
      silentSince: timeIsOver ? new Date(at.getTime() - timeoutSeconds * 1_000) : null,
    });
    for (const each of lost) await this.#tell(each);
    return hasJumped;
  }

  #isGone(worker: SilentWorker): boolean {
    return worker.hostname === hostname() && worker.pid !== null && !this.#isProcessAlive(worker.pid);
  }

  /** In the scheduler's log and, when this machine has it, in the try's own, which otherwise just breaks off. */
  async #tell(lost: LostTry): Promise<void> {
    const { log, baseLogFolder } = this.#options;
    const { dagId, runId, taskId, mapIndex, tryNumber, hostname: host, pid } = lost;
    const instance = mapIndex < 0 ? taskId : `${taskId} map_index=${mapIndex}`;
    const message =
      `Detected a task instance without a heartbeat: <TaskInstance: ${dagId}.${instance} ${runId} [running]>, ` +
      `try ${tryNumber}, whose worker (process ${pid ?? "?"} on ${host ?? "?"}) is gone; ${outcomeOf(lost)}`;
    if (lost.state === "failed") log.error(message);
    else log.warning(message);
    await addToTryLog(taskLogPath(baseLogFolder, lost), message);
  }
}

function outcomeOf({ state }: LostTry): string {
  if (state === "up_for_retry") return "it starts again";
  if (state === null) return "it was cleared, and is judged anew";
  return `it was lost ${MOST_LOSSES} times one after the other, so it may be what brings workers down: it is parked as failed`;
}

/** Adds a line to a try's log if there is one here. */
async function addToTryLog(path: string, message: string): Promise<void> {
  try {
    await access(path);
    await appendFile(path, `[${new Date().toISOString()}] {scheduler} ERROR - ${message}\n`);
  } catch {
    // It is on another machine, or its disk is full; the scheduler's own log has the line.
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
