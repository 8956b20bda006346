import type { Queryable } from "#core/database/connect.ts";
import { nextDueIn } from "#core/database/ready-tasks.ts";

/** What cannot be scheduled when it is due is tried again after this long. */
const LEAST_WAIT_MS = 50;

/** Knows when the next task instance is due again by itself: a retry, a reschedule, a time trigger. */
export class DueTimer {
  /** By `performance.now()`. */
  #next = Number.POSITIVE_INFINITY;
  #isOutdated = true;

  /** What is due may have changed. */
  outdate(): void {
    this.#isOutdated = true;
  }

  /** When it is, by `performance.now()`. */
  get next(): number {
    return this.#next;
  }

  get isDue(): boolean {
    return this.#next <= performance.now();
  }

  /** Looks what comes next, if that may have changed. */
  async update(db: Queryable): Promise<void> {
    if (!this.#isOutdated) return;
    this.#isOutdated = false;
    const wait = await nextDueIn(db);
    this.#next = wait === null ? Number.POSITIVE_INFINITY : performance.now() + Math.max(wait, LEAST_WAIT_MS);
  }
}
