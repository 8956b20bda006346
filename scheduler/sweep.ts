import type { Database } from "#core/database/connect.ts";
import { listWaitingTries } from "#core/database/ready-tasks.ts";
import { type Duty, pauseFor } from "#core/duty.ts";
import type { TryDispatcher } from "./dispatch-tries.ts";
import type { RunEvaluator } from "./runs/evaluate-runs.ts";

/** A try that no worker has claimed for this long is told to the queue again; a job that is still there stays single. */
const TELL_AGAIN_AFTER_SECONDS = 5;

/** Repairs, every few seconds, what a lost wake-up or a lost job left undone. */
export class Sweep implements Duty {
  readonly name = "Sweep";
  readonly #db: Database;
  readonly #everySeconds: number;
  readonly #evaluator: RunEvaluator;
  readonly #dispatcher: TryDispatcher;

  constructor(db: Database, everySeconds: number, evaluator: RunEvaluator, dispatcher: TryDispatcher) {
    this.#db = db;
    this.#everySeconds = everySeconds;
    this.#evaluator = evaluator;
    this.#dispatcher = dispatcher;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await pauseFor(this.#everySeconds * 1000, signal);
      if (signal.aborted) return;
      await this.#evaluator.sweep();
      this.#dispatcher.dispatch(await listWaitingTries(this.#db, TELL_AGAIN_AFTER_SECONDS));
    }
  }
}
