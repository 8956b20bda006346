import type { Log } from "#core/log.ts";
import type { Listing } from "./discover.ts";

/**
 * Tells files that were deleted from files that cannot be reached: a file system that is not mounted, a folder that is
 * being replaced. DAGs of the latter are kept for a while, lest they vanish and come back.
 */
export class MissedFiles {
  readonly #thresholdMs: number;
  readonly #log: Log;
  /** When files were missed first, by `performance.now()`. */
  #since = new Map<string, number>();

  /** @param thresholdSeconds `[dag_processor] stale_dag_threshold` */
  constructor(thresholdSeconds: number, log: Log) {
    this.#thresholdMs = thresholdSeconds * 1000;
    this.#log = log;
  }

  /**
   * Those of the files that are not in a listing that are gone.
   * @param missing the files that were known and are not listed
   */
  judge(missing: readonly string[], listing: Listing, now = performance.now()): string[] {
    const isReachable = reachableBy(listing);
    const missed = missing.filter((file) => !isReachable(file));
    if (missed.length > 0 && this.#since.size === 0) {
      this.#log.warning(
        `${missed.length} DAG files cannot be reached, such as ${missed[0]}: ` +
          `their DAGs are kept for ${this.#thresholdMs / 1000} seconds`,
      );
    }
    const since = new Map(missed.map((file) => [file, this.#since.get(file) ?? now] as const));
    const isKept = (file: string) => now < (since.get(file) ?? Number.NEGATIVE_INFINITY) + this.#thresholdMs;
    this.#since = new Map([...since].filter(([file]) => isKept(file)));
    return missing.filter((file) => !isKept(file));
  }

  /** When the first of those that are kept is given up, by `performance.now()`. */
  get soonest(): number | undefined {
    return this.#since.size === 0 ? undefined : Math.min(...this.#since.values()) + this.#thresholdMs;
  }
}

/** Whether a listing tells of a file that it is not there. */
function reachableBy({ unreadable, isBare }: Listing): (file: string) => boolean {
  // An empty folder may be the place where a file system is to be mounted.
  if (isBare || unreadable.includes("")) return () => false;
  return (file) => !unreadable.some((directory) => file.startsWith(`${directory}/`));
}
