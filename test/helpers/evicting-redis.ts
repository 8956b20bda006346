import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createLog } from "#core/log.ts";
import { startPrivateRedis } from "#setup/services/private-redis.ts";

/** A Redis of the test's own that may drop keys. */
export async function startEvictingRedis(binary: string): Promise<AsyncDisposable & { readonly url: string }> {
  const folder = await mkdtemp(path.join(tmpdir(), "daisy-redis-"));
  const settings = { maxmemory: "50mb", "maxmemory-policy": "allkeys-lru" };
  const redis = await startPrivateRedis({ binary, folder, log: createLog("check", "ERROR"), settings });
  return {
    url: redis.url,
    async [Symbol.asyncDispose]() {
      await redis.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
