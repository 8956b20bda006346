import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import test from "ava";
import type { DaisyError } from "#core/errors.ts";
import { createLog } from "#core/log.ts";
import { checkRedis } from "#core/queue/check-redis.ts";
import { findRedisServer, startPrivateRedis } from "#setup/services/private-redis.ts";

const binary = findRedisServer();
const withRedis = binary === undefined ? test.skip : test;

/** A Redis of the test's own that may drop keys. */
async function startEvictingRedis() {
  const folder = await mkdtemp(path.join(tmpdir(), "daisy-redis-"));
  const log = createLog("check", "ERROR");
  const settings = { maxmemory: "50mb", "maxmemory-policy": "allkeys-lru" };
  const redis = await startPrivateRedis({ binary: binary!, folder, log, settings });
  return {
    url: redis.url,
    log,
    async [Symbol.asyncDispose]() {
      await redis.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

withRedis("a Redis that evicts, or that refuses the password, is refused by name", async (t) => {
  await using redis = await startEvictingRedis();
  const evicts = await t.throwsAsync<DaisyError>(checkRedis(redis.url, redis.log));
  t.is(evicts?.code, "BROKER_EVICTS");
  t.regex(evicts!.message, /\[celery\] broker_url has maxmemory 52428800 and evicts by "allkeys-lru"/);
  for (const password of ["wrong", ""]) {
    const url = new URL(redis.url);
    url.password = password;
    const refused = await t.throwsAsync<DaisyError>(checkRedis(url.href, redis.log));
    t.is(refused?.code, "BROKER_REFUSED");
    t.regex(refused!.message, /\[celery\] broker_url refuses its user or password: (WRONGPASS|NOAUTH)/);
  }
});

test("a Redis that is away is waited for", async (t) => {
  const lines: string[] = [];
  await checkRedis(
    "redis://127.0.0.1:1/0",
    createLog("check", "INFO", (line) => lines.push(line)),
  );
  t.regex(lines.join(""), /Redis cannot be reached yet: .*ECONNREFUSED/);
});
