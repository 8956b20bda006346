import { releaseCallbacks } from "#core/database/callback-requests.ts";
import type { Database } from "#core/database/connect.ts";
import type { NewJob } from "#core/database/jobs.ts";
import { untilWritten } from "#core/database/patience.ts";
import { type ClaimedTry, claimTries, finishTries, handBackTries, type TryOutcome } from "#core/database/tries.ts";
import type { Log } from "#core/log.ts";
import { groupCommit } from "./group-commit.ts";

/** A try that the database gave to this worker. */
export interface OwnTry {
  readonly claimed: ClaimedTry;
  /** When the database was asked; of `performance.now()`. Its answer may have come much later. */
  readonly askedAt: number;
}

/** What a worker writes about its tries. Each waits out an outage of the database. */
export interface TryWrites {
  /** The try, when it is this worker's now. Rejects only when the worker shuts down before that is known. */
  claim(id: string): Promise<OwnTry | undefined>;
  /** False when the try was not running any more. Rejects when the database refuses the outcome. */
  finish(outcome: TryOutcome): Promise<boolean>;
  /**
   * Gives up a try whose process has ended, whatever has become of the try: what is still this worker's is tried again
   * elsewhere, and callbacks that waited for its end are called.
   */
  giveUp(claimed: ClaimedTry): Promise<void>;
}

/**
 * @param worker whose tries they are
 * @param runsAlone whether it is a worker for one try that has to run alone
 * @param until end the waiting for a database that is away: of claims, and of outcomes, which the scheduler then
 *   has to find lost
 */
export function createTryWrites(
  db: Database,
  worker: NewJob,
  runsAlone: boolean,
  log: Log,
  until: { readonly claims: AbortSignal; readonly outcomes: AbortSignal },
): TryWrites {
  const claimant = { hostname: worker.hostname, pid: worker.pid, jobId: worker.id, runsAlone };
  const claim = groupCommit(async (ids: readonly string[]) => {
    let askedAt = 0;
    const ask = () => {
      askedAt = performance.now();
      return claimTries(db, ids, claimant);
    };
    const own = await untilWritten(ask, log, until.claims);
    const byId = new Map(own.map((claimed) => [claimed.id, { claimed, askedAt }]));
    return ids.map((id) => byId.get(id));
  });
  const finish = groupCommit(async (outcomes: readonly TryOutcome[]) => {
    const store = (some: readonly TryOutcome[]) => untilWritten(() => finishTries(db, some), log, until.outcomes);
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
  const giveUp = groupCommit(async (given: readonly ClaimedTry[]) => {
    const ids = given.map(({ id }) => id);
    await untilWritten(() => handBackTries(db, ids), log, until.outcomes);
    await untilWritten(() => releaseCallbacks(db, worker.id, given), log, until.outcomes);
    return given;
  });
  return {
    claim,
    async finish(outcome) {
      const result = await finish(outcome);
      if (result instanceof Error) throw result;
      return result;
    },
    async giveUp(claimed) {
      await giveUp(claimed);
    },
  };
}
