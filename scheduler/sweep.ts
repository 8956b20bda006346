import type { Database } from "#core/database/connect.ts";
import { listWaitingTries } from "#core/database/ready-tasks.ts";
import { type Duty, pauseFor } from "#core/duty.ts";
import type { TryDispatcher } from "./dispatch-tries.ts";
import type { RunEvaluator } from "./runs/evaluate-runs.ts";

/**
 * A try that no worker has claimed for this long is told to the queue again; a job that is still there stays single.
 * Short, because it is how long work stands still that Redis has lost, or that a scheduler queued and died before it
 * told of it.
 */
const TELL_AGAIN_AFTER_SECONDS = 0.5;
/** How many are told again in one look: few, because most of a long queue only waits for its turn. */
const TELL_AGAIN_AT_ONCE = 100;
/** How many in a sweep. */
const TELL_AGAIN_IN_SWEEP = 1_000;

/** Repairs, every few seconds, what a lost wake-up left undone, and more often what a lost job did. */
export class Sweep implements Duty {
  readonly name = "Sweep";
  readonly #db: Database;
  readonly #seconds: { sweep: number; tellAgain: number };
  readonly #evaluator: Pick<RunEvaluator, "sweep">;
  readonly #dispatcher: Pick<TryDispatcher, "dispatch">;

  /** @param seconds between sweeps, and between looks for queued tries that the queue may not know of */
  constructor(
    db: Database,
    seconds: { sweep: number; tellAgain: number },
    evaluator: Pick<RunEvaluator, "sweep">,
    dispatcher: Pick<TryDispatcher, "dispatch">,
  ) {
    this.#db = db;
    this.#seconds = seconds;
    this.#evaluator = evaluator;
    this.#dispatcher = dispatcher;
  }

  async run(signal: AbortSignal): Promise<void> {
    const sweepEveryMs = this.#seconds.sweep * 1_000;
    const lookEveryMs = Math.min(sweepEveryMs, this.#seconds.tellAgain * 1_000);
    for (let nextSweep = performance.now() + sweepEveryMs; ; ) {
      await pauseFor(lookEveryMs, signal);
      if (signal.aborted) return;
      const isSweep = performance.now() >= nextSweep;
      if (isSweep) {
        await this.#evaluator.sweep();
        nextSweep = performance.now() + sweepEveryMs;
      }
      const limit = isSweep ? TELL_AGAIN_IN_SWEEP : TELL_AGAIN_AT_ONCE;
      this.#dispatcher.dispatch(await listWaitingTries(this.#db, TELL_AGAIN_AFTER_SECONDS, limit));
    }
  }
}
