import { Redis } from "ioredis";
import type { Log } from "../log.ts";

const PATIENCE_MS = 2_000;

/**
 * Refuses a Redis that may throw jobs away: one with a memory limit and an eviction policy other than `noeviction`.
 * A server that cannot be reached now is not judged.
 */
export async function checkEviction(url: string, log: Log): Promise<void> {
  const memory = await readMemoryInfo(url).catch((error: Error) => {
    log.warning(`Redis cannot be reached yet: ${error.message}`);
    return undefined;
  });
  if (memory === undefined) return;
  const limit = Number(/^maxmemory:(\d+)/m.exec(memory)?.[1] ?? 0);
  const policy = /^maxmemory_policy:(\S+)/m.exec(memory)?.[1] ?? "noeviction";
  if (limit === 0 || policy === "noeviction") return;
  throw new Error(
    `Redis has maxmemory ${limit} and evicts by "${policy}", so it may drop jobs; set maxmemory-policy noeviction`,
  );
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
