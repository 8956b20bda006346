import { completeBackfills } from "#core/database/backfills.ts";
import type { Database } from "#core/database/connect.ts";
import type { Duty } from "#core/duty.ts";
import type { Log } from "#core/log.ts";
import { Wake } from "#core/wake.ts";

/** Completes backfills when the last of their runs has ended: as soon as it is told of ends, and every so often. */
export class BackfillCompleter implements Duty {
  readonly name = "Completing backfills";
  readonly #db: Database;
  readonly #everySeconds: number;
  readonly #log: Log;
  readonly #wake = new Wake();

  constructor(db: Database, everySeconds: number, log: Log) {
    this.#db = db;
    this.#everySeconds = everySeconds;
    this.#log = log;
  }

  /** Runs ended, or a backfill was created that may have none. */
  wake(): void {
    this.#wake.set();
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      for (const id of await completeBackfills(this.#db)) this.#log.info(`Backfill ${id} is complete`);
      await this.#wake.wait(this.#everySeconds * 1000, signal);
    }
  }
}
