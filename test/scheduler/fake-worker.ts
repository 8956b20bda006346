import { hostname } from "node:os";
import type { AirflowConfig } from "#core/config/options.ts";
import type { Database } from "#core/database/connect.ts";
import { type ClaimedTry, claimTries, finishTries, type TryOutcome } from "#core/database/tries.ts";
import { createLog } from "#core/log.ts";
import { openTryConsumer } from "#core/queue/try-consumer.ts";

/** How a try ends: success unless told otherwise. The signal aborts when the worker ends, which waits for outcomes. */
export type Outcome = (
  claimed: ClaimedTry,
  signal: AbortSignal,
) => Partial<Omit<TryOutcome, "id">> | Promise<Partial<TryOutcome>>;

/** Takes tries from the queue and ends each at once, as `outcome` says. */
export async function startFakeWorker(
  config: AirflowConfig,
  db: Database,
  outcome: Outcome = () => ({}),
  concurrency = 16,
): Promise<AsyncDisposable & { readonly claimed: readonly ClaimedTry[] }> {
  const claimedTries: ClaimedTry[] = [];
  const worker = { hostname: hostname(), pid: process.pid, jobId: "00000000-0000-7000-8000-000000000001" };
  const consumer = await openTryConsumer(config, {
    queues: ["default"],
    concurrency,
    log: createLog("worker", "WARNING"),
    onCallback: async () => undefined,
    async onTry(id, signal) {
      const [claimed] = await claimTries(db, [id], worker);
      if (claimed === undefined) return;
      claimedTries.push(claimed);
      await finishTries(db, [{ state: "success", ...(await outcome(claimed, signal)), id }]);
    },
  });
  return { claimed: claimedTries, [Symbol.asyncDispose]: () => consumer.close() };
}
