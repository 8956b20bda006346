import type { Log } from "../log.ts";

/** What could not be read or deleted in a pass of housekeeping, which goes on without it. */
export class Refusals {
  #count = 0;
  #first = "";

  /** For a promise's rejection: counts it and gives a value instead. What somebody else has deleted meanwhile is fine. */
  instead<T>(value: T): (error: NodeJS.ErrnoException) => T {
    return ({ code, message }) => {
      if (code === "ENOENT") return value;
      this.#count += 1;
      this.#first ||= message;
      return value;
    };
  }

  /** Says in one line how many there were, and why the first was. */
  tell(log: Log, everyMinutes: number): void {
    if (this.#count === 0) return;
    log.warning(
      `${this.#count} files or folders could not be read or deleted, the first: ${this.#first}; trying again in ${everyMinutes} minutes`,
    );
  }
}
