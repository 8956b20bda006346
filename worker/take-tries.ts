import type { Log } from "#core/log.ts";
import { runTry, type TryEffects } from "./run-try.ts";
import type { RunningTries } from "./running-tries.ts";
import type { TryWrites } from "./try-writes.ts";

/** What a job does: its try is claimed and run. */
export interface TryTaker {
  /** Resolves when the try has ended, or is not this worker's; rejects when that could not be found out. */
  take(id: string): Promise<void>;
  /** Stops all tries that run, and those that are taken from now on, and gives them back. */
  stop(): void;
}

export function createTryTaker(tries: RunningTries, writes: TryWrites, effects: TryEffects, log: Log): TryTaker {
  /** A job may come twice; a try that this worker holds must not be claimed again. */
  const held = new Set<string>();
  let isStopping = false;

  async function claimAndRun(id: string): Promise<void> {
    const own = await writes.claim(id);
    if (own === undefined) {
      log.debug(`Try ${id} was taken, cleared or finished before`);
      return;
    }
    const running = tries.add(own);
    if (isStopping) running.stop({ kind: "shutdown" });
    await runTry(running, effects).finally(() => tries.remove(id));
  }

  return {
    async take(id) {
      if (held.has(id)) return;
      held.add(id);
      await claimAndRun(id).finally(() => held.delete(id));
    },
    stop() {
      isStopping = true;
      for (const running of tries.all()) running.stop({ kind: "shutdown" });
    },
  };
}
