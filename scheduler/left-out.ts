import type { Log } from "#core/log.ts";
import { isServerAway } from "#core/passing-errors.ts";

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

/**
 * DAGs that a duty leaves out for a while because something went wrong with them, so that it goes on with all others:
 * for a second, and twice as long each time, up to a minute.
 */
export class LeftOut {
  readonly #log: Log;
  readonly #failures = new Map<string, { readonly until: number; readonly pauseMs: number }>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Leaves a DAG out from now on; throws what says nothing about the DAG, because the database is away. */
  add(dagId: string, what: string, error: unknown, now = performance.now()): void {
    if (isServerAway(error)) throw error;
    const pauseMs = Math.min((this.#failures.get(dagId)?.pauseMs ?? FIRST_PAUSE_MS / 2) * 2, LONGEST_PAUSE_MS);
    this.#failures.set(dagId, { until: now + pauseMs, pauseMs });
    this.#log.error(`${what} of Dag ${dagId} failed, and is tried again in ${pauseMs / 1_000} s`, error);
  }

  /** Nothing is wrong with a DAG any more. */
  readmit(dagId: string): void {
    this.#failures.delete(dagId);
  }

  has(dagId: string, now = performance.now()): boolean {
    return (this.#failures.get(dagId)?.until ?? 0) > now;
  }

  /** Those that are left out now. */
  ids(now = performance.now()): string[] {
    return [...this.#failures.keys()].filter((dagId) => this.has(dagId, now));
  }
}
