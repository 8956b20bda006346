import { freeLostCallbacks, listWaitingCallbacks } from "#core/database/callback-requests.ts";
import type { Queryable } from "#core/database/connect.ts";
import type { Duty } from "#core/duty.ts";
import type { Log } from "#core/log.ts";
import { Wake } from "#core/wake.ts";
import type { TryDispatcher } from "./dispatch-tries.ts";

export interface CallbackDispatcherOptions {
  readonly db: Queryable;
  readonly log: Log;
  readonly dispatcher: TryDispatcher;
  /** Where callbacks of runs go; those of a task go where the task goes. */
  readonly defaultQueue: string;
  /** Between two looks for what a lost wake-up or a lost worker left undone. */
  readonly everySeconds: number;
  /** A worker that is silent for so long is gone. */
  readonly timeoutSeconds: number;
}

/** A request that no worker has claimed for this long is told to the queue again. */
const TELL_AGAIN_AFTER_SECONDS = 5;
/** As often as a task instance may be lost with its worker. */
const MAX_ATTEMPTS = 3;

/**
 * Tells the queue of callbacks that outcomes asked for, at once and again until a worker has them, and takes them
 * away from workers that are gone. So each is called at least once, and once when nothing breaks.
 */
export class CallbackDispatcher implements Duty {
  readonly name = "Dispatching callbacks";
  readonly #options: CallbackDispatcherOptions;
  readonly #wake = new Wake();

  constructor(options: CallbackDispatcherOptions) {
    this.#options = options;
  }

  /** Callbacks wait. */
  requested(): void {
    this.#wake.set();
  }

  async run(signal: AbortSignal): Promise<void> {
    const { db, log, dispatcher, defaultQueue, everySeconds, timeoutSeconds } = this.#options;
    let nextLook = 0;
    while (!signal.aborted) {
      if (performance.now() >= nextLook) {
        for (const { dagId, runId } of await freeLostCallbacks(db, timeoutSeconds, MAX_ATTEMPTS)) {
          log.error(`A callback of ${dagId} ${runId} was given up: ${MAX_ATTEMPTS} workers were lost while it ran`);
        }
        nextLook = performance.now() + everySeconds * 1_000;
      }
      const waiting = await listWaitingCallbacks(db, defaultQueue, TELL_AGAIN_AFTER_SECONDS);
      dispatcher.dispatch(waiting.map((request) => ({ ...request, kind: "callback" })));
      if (waiting.length === 0) await this.#wake.wait(Math.max(nextLook - performance.now(), 0), signal);
    }
  }
}
