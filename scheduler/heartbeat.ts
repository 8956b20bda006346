import type { Database } from "#core/database/connect.ts";
import { countLiveJobs, type NewJob, recordHeartbeat, recordJobEnd } from "#core/database/jobs.ts";
import { type Duty, pauseFor } from "#core/duty.ts";

/** Says every few seconds that this scheduler is alive, and counts the schedulers that are. */
export class Heartbeat implements Duty {
  readonly name = "Heartbeat";
  readonly #db: Database;
  readonly #job: NewJob;
  readonly #seconds: { every: number; countsFor: number };
  #liveSchedulers = 1;

  /** @param seconds how often to beat, and how long a beat counts as a sign of life */
  constructor(db: Database, job: NewJob, seconds: { every: number; countsFor: number }) {
    this.#db = db;
    this.#job = job;
    this.#seconds = seconds;
  }

  /** At least 1: this one. */
  get liveSchedulers(): number {
    return this.#liveSchedulers;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await recordHeartbeat(this.#db, this.#job);
      this.#liveSchedulers = Math.max(1, await countLiveJobs(this.#db, this.#job.jobType, this.#seconds.countsFor));
      await pauseFor(this.#seconds.every * 1000, signal);
    }
    await recordJobEnd(this.#db, this.#job.id, "success");
  }
}
