import { pauseFor } from "../duty.ts";
import { DaisyError } from "../errors.ts";
import type { Log } from "../log.ts";

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;

/** SQLSTATE classes of errors that pass: connection, resources, operator intervention, transaction rollback. */
const PASSING_CLASSES = new Set(["08", "53", "57", "40"]);
/** This process was so slow in a transaction that the server ended it. */
const IDLE_IN_TRANSACTION = "25P03";

/**
 * Whether the same statement may succeed later: the server is away, shutting down, or chose a deadlock's victim. What
 * we refuse ourselves, and a mistake in the code, stay.
 */
export function isPassing(error: unknown): boolean {
  if (error instanceof DaisyError || error instanceof TypeError || error instanceof RangeError) return false;
  const code = (error as { code?: unknown }).code;
  // What the server did not say comes from the network.
  if (typeof code !== "string" || !/^[0-9A-Z]{5}$/.test(code)) return true;
  return PASSING_CLASSES.has(code.slice(0, 2)) || code === IDLE_IN_TRANSACTION;
}

/**
 * Does database work again and again, with pauses from 50 ms to 2 s, until it succeeds, fails for a reason that
 * stays, or the signal aborts (then it throws the last error). For what must not be lost in an outage.
 */
export async function untilWritten<T>(work: () => Promise<T>, log: Log, signal?: AbortSignal): Promise<T> {
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    try {
      return await work();
    } catch (error) {
      if (!isPassing(error) || signal?.aborted) throw error;
      log.warning(`The database does not answer (${(error as Error).message}); trying again in ${pause} ms`);
      await pauseFor(pause, signal ?? new AbortController().signal);
    }
  }
}
