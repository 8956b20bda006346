import type { Log } from "#core/log.ts";
import { runTry, type TryEffects } from "./run-try.ts";
import type { RunningTries } from "./running-tries.ts";
import type { TryWrites } from "./try-writes.ts";

/** What a job does: its try is claimed and run. */
export interface TryTaker {
  /** Resolves when the try has ended, or is not this worker's; rejects when that could not be found out. */
  take(id: string): Promise<void>;
  /** Resolves when no try is held. */
  idle(): Promise<void>;
  /** Stops all tries that run, and those that are taken from now on, and gives them back. */
  stop(): void;
}

/**
 * @param runAlone runs a try that has to run alone, if it is one; the signal aborts when the worker stops its tries
 */
export function createTryTaker(
  tries: RunningTries,
  writes: TryWrites,
  effects: TryEffects,
  log: Log,
  runAlone: (id: string, signal: AbortSignal) => Promise<boolean>,
): TryTaker {
  /** A job may come twice; a try that this worker holds must not be claimed again. */
  const held = new Set<string>();
  const stopping = new AbortController();
  const onIdle: (() => void)[] = [];

  async function claimAndRun(id: string): Promise<void> {
    const own = await writes.claim(id);
    if (own === undefined) {
      if (await runAlone(id, stopping.signal)) return;
      log.debug(`Try ${id} was taken, cleared or finished before`);
      return;
    }
    const running = tries.add(own);
    if (stopping.signal.aborted) running.stop({ kind: "shutdown" });
    await runTry(running, effects).finally(() => tries.remove(id));
  }

  function letGo(id: string): void {
    held.delete(id);
    if (held.size > 0) return;
    for (const tell of onIdle.splice(0)) tell();
  }

  return {
    async take(id) {
      if (held.has(id)) return;
      held.add(id);
      await claimAndRun(id).finally(() => letGo(id));
    },
    idle() {
      if (held.size === 0) return Promise.resolve();
      return new Promise((resolve) => onIdle.push(resolve));
    },
    stop() {
      stopping.abort();
      for (const running of tries.all()) running.stop({ kind: "shutdown" });
    },
  };
}
