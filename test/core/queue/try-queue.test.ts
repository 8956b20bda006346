import test from "ava";
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { defaultConfig } from "#core/config/load.ts";
import { createLog } from "#core/log.ts";
import { readBroker } from "#core/queue/broker.ts";
import { brokerOptions, bullName } from "#core/queue/bullmq-options.ts";
import { openTryConsumer, type TryConsumerOptions } from "#core/queue/try-consumer.ts";
import { openTryQueue } from "#core/queue/try-queue.ts";
import { uuid7 } from "#core/uuid7.ts";
import { createTestDatabase } from "#test/helpers/database.ts";
import { testRedisUrl } from "#test/helpers/redis.ts";
import { until } from "#test/helpers/until.ts";

const log = createLog("test-queue", "ERROR");

/** A queue on one of the brokers, and consumers that are closed at the end. */
async function open(broker: "redis" | "postgres") {
  const testDatabase = await createTestDatabase();
  const url = broker === "redis" ? testRedisUrl() : testDatabase.url;
  const config = defaultConfig({ celery: { broker_url: url }, database: { sql_alchemy_conn: testDatabase.url } });
  const queue = await openTryQueue(config, log);
  const consumers: { close(): Promise<void> }[] = [];
  return {
    url,
    config,
    queue,
    async consume(options: Partial<TryConsumerOptions> & Pick<TryConsumerOptions, "onTry">) {
      const consumer = await openTryConsumer(config, {
        queues: ["default"],
        concurrency: 4,
        log,
        onCallback: async () => undefined,
        ...options,
      });
      consumers.push(consumer);
      return consumer;
    },
    async [Symbol.asyncDispose]() {
      for (const consumer of consumers) await consumer.close();
      await queue.close();
      await testDatabase[Symbol.asyncDispose]();
    },
  };
}

const jobs = (ids: readonly string[], queue = "default") => ids.map((id) => ({ id, queue }));
const newIds = (count: number) => Array.from({ length: count }, () => uuid7());

/** Resolves when some consumer has taken a job from its queue, whatever it did with it then. */
async function untilTaken(config: Parameters<typeof readBroker>[0], queue: string, id: string): Promise<void> {
  const { options, backend } = brokerOptions(readBroker(config));
  const bull = new Queue(bullName(queue), options, backend as never);
  try {
    await until(`a job is taken from ${queue}`, async () => ((await bull.getJob(id))?.attemptsStarted ?? 0) > 0);
  } finally {
    await bull.close();
  }
}

/** Collects what comes, and resolves when there are so many. */
function collector(count: number) {
  const got: string[] = [];
  let finish = () => {};
  const all = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const add = (id: string) => {
    got.push(id);
    if (got.length === count) finish();
  };
  return { got, all, add };
}

for (const broker of ["redis", "postgres"] as const) {
  test(`every try that is added comes once, from any queue name (${broker})`, async (t) => {
    await using opened = await open(broker);
    const [ids, odd] = [newIds(50), newIds(50)];
    const { got, all, add } = collector(100);
    await opened.queue.add([...jobs(ids), ...jobs(odd, "odd: name/ä")]);
    await opened.queue.add(jobs(ids));
    await opened.consume({ queues: ["default", "odd: name/ä"], onTry: async (id) => add(id) });
    await all;
    t.deepEqual(got.toSorted(), [...ids, ...odd].toSorted());
  });

  test(`a try that is refused goes back and comes again (${broker})`, async (t) => {
    await using opened = await open(broker);
    const { got, all, add } = collector(2);
    await opened.queue.add(jobs(newIds(1)));
    await opened.consume({
      onTry: async (id) => {
        add(id);
        if (got.length === 1) throw new Error("not claimed");
      },
    });
    await all;
    t.is(got[0], got[1]);
  });

  test(`what a paused consumer has not begun is left to others, and so is what comes later (${broker})`, async (t) => {
    await using opened = await open(broker);
    const [begun, left] = [collector(1), collector(2)];
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const [first, waiting, late] = newIds(3) as [string, string, string];
    const consumer = await opened.consume({
      queues: ["a", "b"],
      concurrency: 1,
      onTry: async (id) => {
        begun.add(id);
        await held;
      },
    });
    await opened.queue.add(jobs([first], "a"));
    await begun.all;
    await opened.queue.add(jobs([waiting], "b"));
    await consumer.pause();
    await opened.queue.add(jobs([late], "b"));
    await opened.consume({ queues: ["b"], onTry: async (id) => left.add(id) });
    await left.all;
    t.deepEqual(begun.got, [first]);
    t.deepEqual(left.got.toSorted(), [waiting, late].toSorted());
    release();
  });
}

/** Takes one job from queue a and holds it, and has come across one from queue b, for which it has no slot. */
async function fillWithA(opened: Awaited<ReturnType<typeof open>>) {
  const [a, b] = newIds(2) as [string, string];
  const [holding, ran] = [collector(1), [] as string[]];
  let letGo = () => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  await opened.consume({
    queues: ["a", "b"],
    concurrency: 1,
    onTry: async (id) => {
      ran.push(id);
      holding.add(id);
      if (id === a) await held;
    },
  });
  await opened.queue.add(jobs([a], "a"));
  await holding.all;
  await opened.queue.add(jobs([b], "b"));
  await untilTaken(opened.config, "b", b);
  return { a, b, ran, letGo };
}

for (const broker of ["redis", "postgres"] as const) {
  test(`a consumer keeps no job for which it has no slot from one that is idle (${broker})`, async (t) => {
    await using opened = await open(broker);
    const { a, b, ran, letGo } = await fillWithA(opened);
    const { got, all, add } = collector(1);
    await opened.consume({ queues: ["b"], onTry: async (id) => add(id) });
    await all;
    t.deepEqual(got, [b]);
    letGo();
    t.deepEqual(ran, [a]);
  });

  test(`what a full consumer gave back it takes when it has a slot again (${broker})`, async (t) => {
    await using opened = await open(broker);
    const { a, b, ran, letGo } = await fillWithA(opened);
    letGo();
    await until("it has taken the second", async () => ran.length === 2);
    t.deepEqual(ran, [a, b]);
  });
}

test("of several queues that always have jobs none waits for the others to be empty", async (t) => {
  await using opened = await open("redis");
  const queues = ["a", "b", "c"];
  const ids = queues.map(() => newIds(40));
  await Promise.all(queues.map((queue, index) => opened.queue.add(jobs(ids[index]!, queue))));
  const { got, all, add } = collector(120);
  await opened.consume({ queues, concurrency: 1, onTry: async (id) => add(id) });
  await all;
  const firstOf = ids.map((each) => got.findIndex((id) => each.includes(id)));
  const lastOf = ids.map((each) => got.findLastIndex((id) => each.includes(id)));
  t.true(Math.max(...firstOf) < Math.min(...lastOf), `first ${firstOf.join(", ")}; last ${lastOf.join(", ")}`);
});

test("no more tries run at once than allowed, over all queues together", async (t) => {
  await using opened = await open("redis");
  const { all, add } = collector(40);
  let running = 0;
  let most = 0;
  await opened.queue.add([...jobs(newIds(20), "a"), ...jobs(newIds(20), "b")]);
  await opened.consume({
    queues: ["a", "b"],
    concurrency: 3,
    onTry: async (id) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise(setImmediate);
      running -= 1;
      add(id);
    },
  });
  await all;
  t.is(most, 3);
});

test("tries added together come highest priority first", async (t) => {
  await using opened = await open("redis");
  const ids = newIds(4);
  const priorities = [1, 9, 3, 9];
  await opened.queue.add(ids.map((id, index) => ({ id, queue: "default", priority: priorities[index] })));
  const { got, all, add } = collector(4);
  await opened.consume({ concurrency: 1, onTry: async (id) => add(id) });
  await all;
  t.deepEqual(got, [ids[1], ids[3], ids[2], ids[0]]);
});

test("closing aborts the signal of tries that run, waits for them, and may be repeated", async (t) => {
  await using opened = await open("redis");
  const started = collector(1);
  let ended = false;
  const consumer = await opened.consume({
    onTry: async (id, signal) => {
      started.add(id);
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      ended = true;
    },
  });
  await opened.queue.add(jobs(newIds(1)));
  await started.all;
  await Promise.all([consumer.close(), consumer.close()]);
  t.true(ended);
});

test("a job holds nothing but the try's id", async (t) => {
  await using opened = await open("redis");
  const [id] = newIds(1);
  await opened.queue.add(jobs([id!]));
  const redis = new Redis(opened.url);
  const job = await redis.hgetall(`daisy_queue:default:${id}`);
  t.is(job.data, "null");
  t.is(job.name, "try");
  await redis.quit();
});

test("a job that carries no try's id is dropped", async (t) => {
  await using opened = await open("redis");
  const ids = newIds(1);
  const { got, all, add } = collector(1);
  await opened.queue.add(jobs(["'; drop table task_instance; --", "one", ...ids]));
  await opened.consume({ concurrency: 1, onTry: async (id) => add(id) });
  await all;
  t.deepEqual(got, ids);
});

test("a flushed Redis takes jobs again", async (t) => {
  await using opened = await open("redis");
  const { got, all, add } = collector(1);
  await opened.consume({ onTry: async (id) => add(id) });
  const redis = new Redis(opened.url);
  await redis.flushdb();
  const ids = newIds(1);
  await opened.queue.add(jobs(ids));
  await all;
  t.deepEqual(got, ids);
  await redis.quit();
});

const badUrls = ["amqp://guest@localhost", "localhost:6379"];
for (const url of badUrls) {
  test(`the broker URL ${url} is refused without being shown whole`, async (t) => {
    const config = defaultConfig({ celery: { broker_url: url } });
    await t.throwsAsync(openTryQueue(config, log), { message: /\[celery\] broker_url must start with redis:\/\// });
  });
}
