import test from "ava";
import { defaultConfig } from "#core/config/load.ts";
import { createLog } from "#core/log.ts";
import { openTryConsumer } from "#core/queue/try-consumer.ts";
import { openTryQueue, type TryQueue } from "#core/queue/try-queue.ts";
import { uuid7 } from "#core/uuid7.ts";
import { createTestDatabase } from "#test/helpers/database.ts";
import { testRedisUrl } from "#test/helpers/redis.ts";
import { until } from "#test/helpers/until.ts";
import { createTcpGate } from "#test/worker/tcp-gate.ts";

const quiet = createLog("test-silence", "ERROR");

/** One of the brokers, to which there are a straight way and one through a gate. */
async function openBroker(kind: "redis" | "postgres") {
  const testDatabase = await createTestDatabase();
  const direct = kind === "redis" ? testRedisUrl() : testDatabase.url;
  const gate = await createTcpGate(direct);
  const configOf = (broker_url: string) =>
    defaultConfig({ celery: { broker_url }, database: { sql_alchemy_conn: testDatabase.url } });
  const opened: { close(): Promise<void> }[] = [];
  return {
    gate,
    database: testDatabase.database,
    straight: configOf(direct),
    gated: configOf(gate.url),
    closeLater: (each: { close(): Promise<void> }) => void opened.push(each),
    async [Symbol.asyncDispose]() {
      for (const each of opened) await each.close();
      await gate[Symbol.asyncDispose]();
      await testDatabase[Symbol.asyncDispose]();
    },
  };
}

/** What is connected is dead from now on, and what connects is not. */
function forgetConnections(gate: { swallow(): void; open(): void }): void {
  gate.swallow();
  gate.open();
}

async function untilAdded(queue: TryQueue, id: string, name = "default"): Promise<void> {
  await until("the broker takes a job", () =>
    queue.add([{ id, queue: name }]).then(
      () => true,
      () => false,
    ),
  );
}

for (const kind of ["redis", "postgres"] as const) {
  test(`jobs are taken again when the broker no longer answers the connections there are (${kind})`, async (t) => {
    await using broker = await openBroker(kind);
    const lines: string[] = [];
    const taken = new Set<string>();
    const queue = await openTryQueue(broker.straight, quiet);
    broker.closeLater(queue);
    const consumer = await openTryConsumer(broker.gated, {
      queues: ["default"],
      concurrency: 4,
      log: createLog("test-silence", "INFO", (line) => lines.push(line)),
      onTry: async (id) => void taken.add(id),
      onCallback: async () => undefined,
    });
    broker.closeLater(consumer);
    const [before, after] = [uuid7(), uuid7()];
    await untilAdded(queue, before);
    await until("the first job is taken", async () => taken.has(before));

    forgetConnections(broker.gate);
    await untilAdded(queue, after);
    await until("the second job is taken", async () => taken.has(after));
    await until("a job shows that it is back, and the log tells so", async () => {
      await untilAdded(queue, uuid7());
      return lines.some((line) => line.includes("answers again"));
    });
    t.true(lines.length < 10, lines.join(""));
  });

  test(`jobs are added again when the broker no longer answers the connections there are (${kind})`, async (t) => {
    await using broker = await openBroker(kind);
    const queue = await openTryQueue(broker.gated, quiet);
    broker.closeLater(queue);
    await untilAdded(queue, uuid7());
    forgetConnections(broker.gate);
    await t.throwsAsync(queue.add([{ id: uuid7(), queue: "default" }]));
    await t.notThrowsAsync(untilAdded(queue, uuid7()));
  });
}

test("a worker hears of new jobs by a new connection when PostgreSQL no longer answers the old one", async (t) => {
  await using broker = await openBroker("postgres");
  const consumer = await openTryConsumer(broker.gated, {
    queues: ["default"],
    concurrency: 4,
    log: quiet,
    onTry: async () => undefined,
    onCallback: async () => undefined,
  });
  broker.closeLater(consumer);
  const listeners = async () => {
    const { rows } = await broker.database.query<{ pid: number }>(
      `select pid from pg_stat_activity
        where datname = current_database() and query like '%LISTEN bullmq_jobs;%' and pid <> pg_backend_pid()`,
    );
    return rows.map(({ pid }) => pid);
  };
  const old = await until("it listens", async () => (await listeners())[0]);
  forgetConnections(broker.gate);
  const heirs = await until("it listens by a new connection alone", async () => {
    const all = await listeners();
    return all.length > 0 && !all.includes(old) && all;
  });
  t.is(heirs.length, 1);
});

test("a queue that was first needed while PostgreSQL was away takes jobs when it is back", async (t) => {
  await using broker = await openBroker("postgres");
  const queue = await openTryQueue(broker.gated, quiet);
  broker.closeLater(queue);
  broker.gate.shut();
  await t.throwsAsync(queue.add([{ id: uuid7(), queue: "rare" }]));
  broker.gate.open();
  await t.notThrowsAsync(untilAdded(queue, uuid7(), "rare"));
});
