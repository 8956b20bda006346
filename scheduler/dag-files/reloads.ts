import type { KnownFile } from "./known-file.ts";

/** How much of one processor loading unchanged files may cost. */
const SHARE = 0.01;
/** What a load costs the scheduler and the database beside what it takes its process, in seconds. */
const STORING = 0.01;
const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Says when files that did not change are loaded again, because what they read or ask while they are loaded may have
 * changed. Airflow loads each file every `min_file_process_interval`; so does Daisy, as long as it costs next to
 * nothing: of very many files each has its turn less often. So has a file that takes long, which the others do not wait
 * for. A file whose process had to be killed is loaded ever less often, until it changes.
 */
export class Reloads {
  readonly #intervalMs: number;
  /** The most that is saved up, in seconds of loading. */
  readonly #most: number;
  /** Seconds of loading that may be spent; below zero when more were spent. */
  #allowance = 0;
  /** Seconds that files took which take more than is ever saved up, and that are not made up for yet. */
  #debt = 0;
  #lookedAt: number;

  /** @param intervalSeconds `[scheduler] min_file_process_interval` */
  constructor(intervalSeconds: number, now = performance.now()) {
    this.#intervalMs = intervalSeconds * 1000;
    this.#most = Math.max(1, intervalSeconds * SHARE);
    this.#lookedAt = now;
  }

  /** The files to load again now, the longest unloaded first. */
  choose(files: Iterable<readonly [string, KnownFile]>, now = performance.now()): string[] {
    this.#earn(((now - this.#lookedAt) / 1000) * SHARE);
    this.#lookedAt = now;
    return [...files]
      .filter(([, file]) => mayBeLoaded(file) && now >= file.parsedAt + this.#waitOf(file))
      .sort(([, a], [, b]) => a.parsedAt - b.parsedAt)
      .filter(([, file]) => this.#pay(file))
      .map(([name]) => name);
  }

  /** Half of it goes to the debt, while there is one, and what cannot be saved up. */
  #earn(seconds: number): void {
    const forDebt = this.#debt > 0 ? seconds / 2 : 0;
    const allowance = this.#allowance + seconds - forDebt;
    this.#allowance = Math.min(allowance, this.#most);
    this.#debt = Math.max(0, this.#debt - forDebt - (allowance - this.#allowance));
  }

  /** Whether a file can be loaded: what is missing is made up for before the next one. */
  #pay({ offences, seconds }: KnownFile): boolean {
    // An offender pays by its wait.
    if (offences > 0) return true;
    const cost = seconds + STORING;
    if (cost > this.#most) {
      if (this.#debt > 0) return false;
      this.#debt += cost;
    } else {
      if (this.#allowance <= 0) return false;
      this.#allowance -= cost;
    }
    return true;
  }

  #waitOf({ offences, seconds }: KnownFile): number {
    if (offences === 0) return this.#intervalMs;
    return Math.max(this.#intervalMs, Math.min((seconds * 1000 * 2 ** (offences - 1)) / SHARE, DAY_MS));
  }
}

/** Whether a file has been loaded, and is not being parsed anyway. */
function mayBeLoaded({ isParsing, codeHash, isBroken, offences }: KnownFile): boolean {
  return !isParsing && (codeHash !== undefined || isBroken || offences > 0);
}
