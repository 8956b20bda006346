import { Redis } from "ioredis";
import type { AirflowConfig } from "../config/options.ts";
import { DaisyError } from "../errors.ts";
import type { Log } from "../log.ts";
import { readBroker } from "./broker.ts";

const PATIENCE_MS = 2_000;

/** How Redis says that a user or a password is wrong or missing, which waiting does not mend. */
const REFUSAL = /^(WRONGPASS|NOAUTH|NOPERM)\b/;

/**
 * Refuses a broker that would lose jobs or that refuses us, for processes that start.
 * @returns what wants to be called when the broker answers: one that was away is checked then, and what would have kept
 * the process from starting is in its log, once
 * @throws {DaisyError} BROKER_REFUSED, BROKER_EVICTS
 */
export async function checkBroker(config: AirflowConfig, log: Log): Promise<() => void> {
  const broker = readBroker(config);
  if (broker.kind !== "redis" || (await checkRedis(broker.url, log))) return () => undefined;
  let isDue = true;
  return () => {
    if (!isDue) return;
    isDue = false;
    checkRedis(broker.url, log).then(
      (isJudged) => {
        isDue = !isJudged;
      },
      (error: Error) => log.error(error.message),
    );
  };
}

/**
 * Refuses a Redis that does not take the broker URL's user and password, and one that may throw jobs away: with a
 * memory limit and an eviction policy other than `noeviction`. A server that cannot be reached now is not judged.
 * @returns whether it was judged
 * @throws {DaisyError} BROKER_REFUSED, BROKER_EVICTS
 */
export async function checkRedis(url: string, log: Log): Promise<boolean> {
  const memory = await readMemoryInfo(url).catch((error: Error) => {
    if (REFUSAL.test(error.message)) throw new DaisyError("BROKER_REFUSED", error.message);
    log.warning(`Redis cannot be reached yet: ${error.message}`);
    return undefined;
  });
  if (memory === undefined) return false;
  const limit = Number(/^maxmemory:(\d+)/m.exec(memory)?.[1] ?? 0);
  const policy = /^maxmemory_policy:(\S+)/m.exec(memory)?.[1] ?? "noeviction";
  if (limit === 0 || policy === "noeviction") return true;
  throw new DaisyError("BROKER_EVICTS", limit, policy);
}

async function readMemoryInfo(url: string): Promise<string> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: PATIENCE_MS,
    commandTimeout: PATIENCE_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let reason: Error | undefined;
  redis.on("error", (error) => {
    reason = error;
  });
  try {
    await redis.connect();
    return await redis.info("memory");
  } catch (error) {
    throw reason ?? error;
  } finally {
    redis.disconnect();
  }
}
