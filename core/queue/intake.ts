import { setImmediate as turn } from "node:timers/promises";
import { createSlots } from "./slots.ts";

/** What fetches jobs from one queue: of BullMQ's `Worker`, what starts and stops that. */
export interface Fetcher {
  /** @param doNotWaitActive jobs that were fetched go on, and are not waited for */
  pause(doNotWaitActive: true): Promise<void>;
  resume(): Promise<void>;
}

/**
 * Lets in as many jobs as a consumer has slots, over all its queues. Each queue's fetcher may fetch as many as there are
 * slots, so with several queues one may come for which there is none. It is refused, and goes back to its queue, where
 * an idle consumer finds it; a job that waited here would be out of everybody else's reach. Until a slot is free, nothing
 * is fetched then.
 */
export interface Intake<F extends Fetcher> {
  /** Whether a job may run, which has a slot then; one that may not is to be given back. */
  enter(fetcher: F): boolean;
  /** Gives the slot of a job back. */
  leave(): void;
  /** Lets nothing in any more. May be called twice. */
  stop(): Promise<void>;
  /** Resolves when no job has a slot. */
  empty(): Promise<void>;
}

/** @param fetchers whose jobs they are; may grow until the first comes */
export function createIntake<F extends Fetcher>(concurrency: number, fetchers: readonly F[]): Intake<F> {
  const slots = createSlots(concurrency);
  let state: "open" | "full" | "stopped" = "open";
  /** When each had a job let in last: a number that grows. */
  const served = new Map<F, number>();
  let entries = 0;
  const pauseAll = () => Promise.all(fetchers.map((fetcher) => fetcher.pause(true)));

  /** Who has waited longest asks first, so that no queue starves beside another. */
  async function resumeAll(): Promise<void> {
    const lastServed = (fetcher: F) => served.get(fetcher) ?? 0;
    for (const fetcher of fetchers.toSorted((a, b) => lastServed(a) - lastServed(b))) {
      // BullMQ misses a call that comes just while a fetcher that was paused ends its loop, which it does in one turn.
      await turn();
      if (state !== "open") return;
      void fetcher.resume();
    }
  }

  return {
    enter(fetcher) {
      if (state === "stopped") return false;
      if (slots.tryTake()) {
        entries += 1;
        served.set(fetcher, entries);
        return true;
      }
      state = "full";
      void pauseAll();
      return false;
    },
    leave() {
      slots.give();
      if (state !== "full") return;
      state = "open";
      void resumeAll();
    },
    async stop() {
      state = "stopped";
      // BullMQ takes one more job of each queue for which it is waiting already; that one is refused.
      await pauseAll();
    },
    empty: slots.allFree,
  };
}
