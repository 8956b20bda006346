import test from "ava";
import { defaultConfig } from "#core/config/load.ts";
import type { DaisyError } from "#core/errors.ts";
import { createLog } from "#core/log.ts";
import { checkRedis } from "#core/queue/check-redis.ts";
import { openTryConsumer } from "#core/queue/try-consumer.ts";
import { openTryQueue } from "#core/queue/try-queue.ts";
import { uuid7 } from "#core/uuid7.ts";
import { runScheduler } from "#scheduler/scheduler.ts";
import { findRedisServer } from "#setup/services/private-redis.ts";
import { createTestDatabase } from "#test/helpers/database.ts";
import { startEvictingRedis } from "#test/helpers/evicting-redis.ts";
import { until } from "#test/helpers/until.ts";
import { createTcpGate } from "#test/worker/tcp-gate.ts";
import { runWorker } from "#worker/worker.ts";

const binary = findRedisServer();
const withRedis = binary === undefined ? test.skip : test;

const log = createLog("check", "ERROR");

withRedis("a Redis that evicts, or that refuses the password, is refused by name", async (t) => {
  await using redis = await startEvictingRedis(binary!);
  const evicts = await t.throwsAsync<DaisyError>(checkRedis(redis.url, log));
  t.is(evicts?.code, "BROKER_EVICTS");
  t.regex(evicts!.message, /\[celery\] broker_url has maxmemory 52428800 and evicts by "allkeys-lru"/);
  for (const password of ["wrong", ""]) {
    const url = new URL(redis.url);
    url.password = password;
    const refused = await t.throwsAsync<DaisyError>(checkRedis(url.href, log));
    t.is(refused?.code, "BROKER_REFUSED");
    t.regex(refused!.message, /\[celery\] broker_url refuses its user or password: (WRONGPASS|NOAUTH)/);
  }
});

withRedis("a scheduler and a worker do not start on a Redis that evicts", async (t) => {
  await using redis = await startEvictingRedis(binary!);
  await using database = await createTestDatabase();
  const config = defaultConfig({
    celery: { broker_url: redis.url },
    database: { sql_alchemy_conn: database.url },
  });
  const { signal } = new AbortController();
  for (const start of [runScheduler, runWorker]) {
    const refused = await t.throwsAsync<DaisyError>(start({ config, log, signal }));
    t.is(refused?.code, "BROKER_EVICTS");
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

withRedis("a Redis that evicts and was away at the start is told of once, when it answers", async (t) => {
  await using redis = await startEvictingRedis(binary!);
  await using gate = await createTcpGate(redis.url);
  gate.shut();
  const config = defaultConfig({ celery: { broker_url: gate.url } });
  const [ofScheduler, ofWorker]: [string[], string[]] = [[], []];
  const logInto = (lines: string[]) => createLog("check", "ERROR", (line) => lines.push(line));
  const nothing = async () => undefined;
  const queue = await openTryQueue(config, logInto(ofScheduler));
  const consumer = await openTryConsumer(config, {
    ...{ queues: ["default", "rare"], concurrency: 1, log: logInto(ofWorker), onTry: nothing, onCallback: nothing },
  });
  gate.open();
  const add = () => queue.add([{ id: uuid7(), queue: "default" }]);
  for (const lines of [ofScheduler, ofWorker]) {
    await until("the log tells of it", async () => {
      await add().catch(() => undefined);
      return lines.length > 0;
    });
  }
  await add();
  for (const lines of [ofScheduler, ofWorker]) {
    t.is(lines.length, 1, lines.join(""));
    t.regex(lines[0]!, /ERROR - .*broker_url has maxmemory 52428800 and evicts by "allkeys-lru"/);
  }
  await consumer.close();
  await queue.close();
});
