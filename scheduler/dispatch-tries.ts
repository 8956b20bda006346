import { type Absence, absenceOf } from "#core/absence.ts";
import type { Duty } from "#core/duty.ts";
import type { Log } from "#core/log.ts";
import type { QueuedTry, TryQueue } from "#core/queue/try-queue.ts";
import { Wake } from "#core/wake.ts";

/** How long the scheduler's own work may outlive a stop. */
const IDLE_MS = 3_600_000;

/**
 * Ready → job. Tells the queue which tries are queued, without anybody waiting for it: while the broker is away the
 * scheduler goes on, and the sweep tells again what is still queued in the tables.
 */
export class TryDispatcher implements Duty {
  readonly name = "Dispatching tries";
  readonly #open: () => Promise<TryQueue>;
  readonly #broker: Absence;
  readonly #wake = new Wake();
  #waiting: QueuedTry[] = [];

  /** @param open opens the broker; called again after each failure of the duty */
  constructor(open: () => Promise<TryQueue>, log: Log) {
    this.#open = open;
    this.#broker = absenceOf(log, "The broker");
  }

  /** Takes tries to be told; does not wait. */
  dispatch(tries: readonly QueuedTry[]): void {
    if (tries.length === 0) return;
    this.#waiting.push(...tries);
    this.#wake.set();
  }

  async run(signal: AbortSignal): Promise<void> {
    const queue = await this.#open();
    try {
      while (!signal.aborted) {
        await this.#wake.wait(IDLE_MS, signal);
        await this.#tell(queue);
      }
    } finally {
      await queue.close();
    }
  }

  async #tell(queue: TryQueue): Promise<void> {
    const tries = this.#waiting;
    if (tries.length === 0) return;
    this.#waiting = [];
    try {
      await queue.add(tries);
      this.#broker.answered();
    } catch (error) {
      // They are told again later.
      this.#broker.failed(error);
    }
  }
}
