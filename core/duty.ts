import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { absenceOf } from "./absence.ts";
import type { Log } from "./log.ts";
import { isServerAway } from "./passing-errors.ts";

/** A background duty: it works until the signal aborts, then finishes what it holds and resolves. */
export interface Duty {
  readonly name: string;
  run(signal: AbortSignal): Promise<void>;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
/** While the database is away: to ask whether it is back costs little, and work should go on soon after its return. */
const LONGEST_WAIT_MS = 1_000;
/** A duty that ran this long before it failed starts its pauses anew. */
const HEALTHY_MS = 30_000;

/**
 * Runs duties side by side until the signal aborts and each has ended. One that throws is logged and started
 * again after a pause that doubles from 0.1 s to 5 s, or to 1 s when the database is away: an outage is waited out
 * without a crash loop, and all duties speak of it with one voice.
 */
export async function runDuties(duties: readonly Duty[], log: Log, signal: AbortSignal): Promise<void> {
  // Each duty listens to it whenever it waits.
  setMaxListeners(0, signal);
  await Promise.all(duties.map((duty) => keepRunning(duty, log, signal)));
}

async function keepRunning(duty: Duty, log: Log, signal: AbortSignal): Promise<void> {
  let pause = FIRST_PAUSE_MS;
  while (!signal.aborted) {
    const startedAt = performance.now();
    try {
      await duty.run(signal);
    } catch (error) {
      if (signal.aborted) return;
      if (performance.now() - startedAt > HEALTHY_MS) pause = FIRST_PAUSE_MS;
      const isAway = isServerAway(error);
      if (isAway) absenceOf(log, "The database").failed(error);
      else log.error(`${duty.name} failed and starts again in ${pause} ms`, error);
      await pauseFor(pause, signal);
      pause = Math.min(pause * 2, isAway ? LONGEST_WAIT_MS : LONGEST_PAUSE_MS);
    }
  }
}

/** Waits, or returns at once when the signal aborts. */
export async function pauseFor(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
}
