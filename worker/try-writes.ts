import type { Database } from "#core/database/connect.ts";
import { untilWritten } from "#core/database/patience.ts";
import {
  type Claimant,
  type ClaimedTry,
  claimTries,
  finishTries,
  handBackTries,
  type TryOutcome,
} from "#core/database/tries.ts";
import type { Log } from "#core/log.ts";
import { groupCommit } from "./group-commit.ts";

/** What a worker writes about its tries. Each waits out an outage of the database. */
export interface TryWrites {
  /** The try, when it is this worker's now. Rejects only when the worker shuts down before that is known. */
  claim(id: string): Promise<ClaimedTry | undefined>;
  /** False when the try was not running any more. Rejects when the database refuses the outcome. */
  finish(outcome: TryOutcome): Promise<boolean>;
  handBack(id: string): Promise<void>;
}

/**
 * @param signal ends the waiting of claims
 * @param lastCall ends the waiting of everything: the scheduler will find the tries lost
 */
export function createTryWrites(
  db: Database,
  worker: Claimant,
  log: Log,
  signal: AbortSignal,
  lastCall: AbortSignal,
): TryWrites {
  const claim = groupCommit(async (ids: readonly string[]) => {
    const claimed = await untilWritten(() => claimTries(db, ids, worker), log, signal);
    const byId = new Map(claimed.map((it) => [it.id, it]));
    return ids.map((id) => byId.get(id));
  });
  const finish = groupCommit(async (outcomes: readonly TryOutcome[]) => {
    const store = (some: readonly TryOutcome[]) => untilWritten(() => finishTries(db, some), log, lastCall);
    try {
      const stored = await store(outcomes);
      return outcomes.map(({ id }) => stored.has(id));
    } catch {
      // One that the database refuses must not take the others with it.
      return Promise.all(
        outcomes.map((one) =>
          store([one]).then(
            (ids) => ids.has(one.id),
            (error: Error) => error,
          ),
        ),
      );
    }
  });
  const handBack = groupCommit(async (ids: readonly string[]) => {
    await untilWritten(() => handBackTries(db, ids), log, lastCall);
    return ids;
  });
  return {
    claim,
    async finish(outcome) {
      const result = await finish(outcome);
      if (result instanceof Error) throw result;
      return result;
    },
    async handBack(id) {
      await handBack(id);
    },
  };
}
