import { absenceOf } from "../absence.ts";
import { pauseFor } from "../duty.ts";
import type { Log } from "../log.ts";
import { isPassing } from "../passing-errors.ts";

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;

/**
 * Does database work again and again, with pauses from 50 ms to 1 s, until it succeeds, fails for a reason that
 * stays, or the signal aborts (then it throws the last error). For what must not be lost in an outage.
 */
export async function untilWritten<T>(work: () => Promise<T>, log: Log, signal?: AbortSignal): Promise<T> {
  const absence = absenceOf(log, "The database");
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    try {
      const result = await work();
      absence.answered();
      return result;
    } catch (error) {
      if (!isPassing(error) || signal?.aborted) throw error;
      absence.failed(error);
      await pauseFor(pause, signal ?? new AbortController().signal);
    }
  }
}
