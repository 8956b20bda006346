import type { KnownFile } from "./known-file.ts";

/** How much of one processor loading unchanged files may cost. */
const SHARE = 0.01;
const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Says when files that did not change are loaded again, because what they read or ask while they are loaded may have
 * changed. Airflow loads each file every `min_file_process_interval`; so does Daisy, as long as it costs next to
 * nothing: of very many files each has its turn less often. A file whose process had to be killed is loaded ever less
 * often, until it changes.
 */
export class Reloads {
  readonly #intervalMs: number;
  /** Seconds of loading that may be spent. */
  #allowance = 0;
  #lookedAt: number;

  /** @param intervalSeconds `[scheduler] min_file_process_interval` */
  constructor(intervalSeconds: number, now = performance.now()) {
    this.#intervalMs = intervalSeconds * 1000;
    this.#lookedAt = now;
  }

  /** The files to load again now, the longest unloaded first. */
  choose(files: Iterable<readonly [string, KnownFile]>, now = performance.now()): string[] {
    const elapsed = (now - this.#lookedAt) / 1000;
    this.#lookedAt = now;
    // What is not used is not saved up for long.
    this.#allowance = Math.min(this.#allowance + elapsed * SHARE, Math.max(1, (this.#intervalMs / 1000) * SHARE));
    const due = [...files]
      .filter(([, file]) => mayBeLoaded(file) && now >= file.parsedAt + this.#waitOf(file))
      .sort(([, a], [, b]) => a.parsedAt - b.parsedAt);
    const chosen: string[] = [];
    for (const [name, file] of due) {
      // An offender pays by its wait.
      const cost = file.offences > 0 ? 0 : file.seconds;
      if (cost > this.#allowance) continue;
      this.#allowance -= cost;
      chosen.push(name);
    }
    return chosen;
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
