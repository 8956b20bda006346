import type { Database } from "#core/database/connect.ts";
import { listServedQueues, takeBackUnserved } from "#core/database/served-queues.ts";
import type { Duty } from "#core/duty.ts";
import type { Log } from "#core/log.ts";
import { Wake } from "#core/wake.ts";

export interface ServedQueuesOptions {
  readonly db: Database;
  readonly log: Log;
  /** How often to look, in seconds. */
  readonly everySeconds: number;
  /** For how long a worker's heartbeat counts as a sign of life. */
  readonly countsFor: number;
  /** Called when queues have got their first worker: what waits for them may start. */
  readonly onNewlyServed: () => void;
}

/**
 * Knows which queues living workers serve, and takes tries back from queues whose last worker is gone: there they
 * would keep slots of pools and of the installation from tasks that can run.
 */
export class ServedQueues implements Duty {
  readonly name = "Watching queues";
  readonly #options: ServedQueuesOptions;
  readonly #wake = new Wake();
  #served: readonly string[] | null = null;

  constructor(options: ServedQueuesOptions) {
    this.#options = options;
  }

  /** Null when nothing is known yet, or no worker lives; every queue is to be filled then. */
  get served(): readonly string[] | null {
    return this.#served;
  }

  /** A worker has started. */
  workerStarted(): void {
    this.#wake.set();
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.look();
      await this.#wake.wait(this.#options.everySeconds * 1_000, signal);
    }
  }

  /** Looks once. */
  async look(): Promise<void> {
    const { db, log, countsFor, onNewlyServed } = this.#options;
    const before = this.#served;
    const served = await listServedQueues(db, countsFor);
    this.#served = served;
    const isNew = (queue: string) => before?.includes(queue) === false;
    if (before !== null && (served === null || served.some(isNew))) onNewlyServed();
    if (served === null) return;
    for (const [queue, tries] of await takeBackUnserved(db, served)) {
      log.warning(`Took ${tries} tries back from queue '${queue}', which no worker serves; they wait as scheduled`);
    }
  }
}
