import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import test from "ava";
import { withConfig } from "#core/config/load.ts";
import { openTryQueue } from "#core/queue/try-queue.ts";
import { uuid7 } from "#core/uuid7.ts";
import { until } from "#test/helpers/until.ts";
import { createTcpGate } from "./tcp-gate.ts";
import {
  addToQueue,
  createFixture,
  type Fixture,
  findTry,
  isAlive,
  queueRun,
  readLog,
  startWorker,
  storeDag,
  untilAdded,
  untilDead,
  untilState,
} from "./worker-fixture.ts";

const BUNDLE = `
import { existsSync, writeFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { Dag } from "daisy-install:/sdk/index.ts";
const dag = new Dag("outages");
const note = (name) => process.env.AIRFLOW_HOME + "/" + name;
dag.task("until_told", async () => {
  writeFileSync(note("pid"), String(process.pid));
  while (!existsSync(note("go"))) await pause(10);
  writeFileSync(note("done"), "");
  return "finished";
})();
dag.task("blocks", async () => { writeFileSync(note("pid"), String(process.pid)); for (;;); })();
`;

test("an outcome that cannot be written is written when the database is back", async (t) => {
  await using fixture = await createFixture();
  await using gate = await createTcpGate(fixture.config.database.sql_alchemy_conn);
  const dag = await storeDag(fixture.database, BUNDLE);
  const config = withConfig(fixture.config, { database: { sql_alchemy_conn: gate.url } });
  const worker = startWorker(fixture, { config });
  const [id] = await queueRun(fixture, dag, ["until_told"]);
  await untilFile(fixture, "pid");
  gate.shut();
  await fixture.write("go", "");
  await untilFile(fixture, "done");
  t.is((await findTry(fixture, id!)).state, "running");
  gate.open();
  const row = await untilState(fixture, id!, "success", "failed", "up_for_retry");
  t.is(row.state, "success");
  await worker.stop();
});

test("a task is killed before others may take it for lost, and then given back", async (t) => {
  await using fixture = await createFixture();
  await using gate = await createTcpGate(fixture.config.database.sql_alchemy_conn);
  const dag = await storeDag(fixture.database, BUNDLE);
  const config = withConfig(fixture.config, {
    database: { sql_alchemy_conn: gate.url },
    // A busy machine is silent for seconds, and the try must not be given up before the gate is shut.
    scheduler: { task_instance_heartbeat_timeout: 10 },
  });
  const worker = startWorker(fixture, { config });
  const [id] = await queueRun(fixture, dag, ["blocks"]);
  const pid = await untilPid(fixture);
  gate.shut();
  await untilDead(pid);
  t.is((await findTry(fixture, id!)).state, "running");
  gate.open();
  const row = await untilState(fixture, id!, "up_for_retry");
  t.is(row.max_tries, 1);
  t.regex(await readLog(fixture, row, dag.dagId), /The database was out of reach for so long/);
  await worker.stop();
});

test("a task does not start when the answer to its claim comes so late that others may have it", async (t) => {
  await using fixture = await createFixture();
  await using gate = await createTcpGate(fixture.config.database.sql_alchemy_conn);
  const dag = await storeDag(fixture.database, BUNDLE);
  const config = withConfig(fixture.config, {
    database: { sql_alchemy_conn: gate.url },
    scheduler: { task_instance_heartbeat_timeout: 4 },
  });
  const worker = startWorker(fixture, { config });
  await fixture.write("go", "");
  const [inTime] = await queueRun(fixture, dag, ["until_told"]);
  // On a busy machine it may be given back itself; the worker has a process that is warm after either.
  await untilState(fixture, inTime!, "success", "up_for_retry");
  await rm(path.join(fixture.home, "pid"), { force: true });
  gate.slow(2_000);
  const [late] = await queueRun(fixture, dag, ["blocks"]);
  await untilState(fixture, late!, "up_for_retry");
  gate.slow(0);
  t.false(existsSync(path.join(fixture.home, "pid")));
  await worker.stop();
});

test("when a worker is killed, its tasks die with it, even one that never yields", async (t) => {
  await using fixture = await createFixture();
  const dag = await storeDag(fixture.database, BUNDLE);
  const entry = fileURLToPath(new URL("./worker-process.ts", import.meta.url));
  const worker = spawn(process.execPath, ["--import=tsx", entry, JSON.stringify(fixture.config)], { stdio: "inherit" });
  await queueRun(fixture, dag, ["blocks"]);
  const pid = await untilPid(fixture);
  worker.kill("SIGKILL");
  await once(worker, "exit");
  await untilDead(pid);
  t.false(isAlive(pid));
});

test("adding to a Redis that is away fails soon, and works again when it is back", async (t) => {
  await using fixture = await createFixture();
  await using gate = await createTcpGate(fixture.config.celery.broker_url);
  const config = withConfig(fixture.config, { celery: { broker_url: gate.url } });
  gate.shut();
  const queue = await openTryQueue(config, fixture.log);
  await t.throwsAsync(addToQueue(queue, [uuid7()]), { message: /did not answer within 2000 ms/ });
  gate.open();
  await untilAdded(queue, [uuid7()]);
  gate.shut();
  await t.throwsAsync(addToQueue(queue, [uuid7()]));
  gate.open();
  await untilAdded(queue, [uuid7()]);
  await queue.close();
  await queue.close();
});

test("a worker takes jobs again when Redis is back", async (t) => {
  await using fixture = await createFixture();
  await using gate = await createTcpGate(fixture.config.celery.broker_url);
  const dag = await storeDag(fixture.database, BUNDLE);
  const worker = startWorker(fixture, { config: withConfig(fixture.config, { celery: { broker_url: gate.url } }) });
  await fixture.write("go", "");
  const [before] = await queueRun(fixture, dag, ["until_told"]);
  await untilState(fixture, before!, "success");
  gate.shut();
  const [during] = await queueRun(fixture, dag, ["until_told"]);
  gate.open();
  t.is((await untilState(fixture, during!, "success")).state, "success");
  await worker.stop();
});

test("a worker stops while Redis and then the database are away", async (t) => {
  await using fixture = await createFixture();
  await using redis = await createTcpGate(fixture.config.celery.broker_url);
  await using postgres = await createTcpGate(fixture.config.database.sql_alchemy_conn);
  const dag = await storeDag(fixture.database, BUNDLE);
  const config = withConfig(fixture.config, {
    celery: { broker_url: redis.url },
    database: { sql_alchemy_conn: postgres.url },
  });
  const worker = startWorker(fixture, { config });
  await queueRun(fixture, dag, ["until_told"]);
  const pid = await untilPid(fixture);
  redis.shut();
  const stopped = worker.stop();
  await untilDead(pid);
  postgres.shut();
  await t.notThrowsAsync(stopped);
});

/** The process that a task wrote down; a file is there before what is written into it. */
function untilPid(fixture: Fixture): Promise<number> {
  return until("the task's process has said its number", async () => Number(await untilFile(fixture, "pid")) || false);
}

async function untilFile(fixture: Fixture, name: string): Promise<string> {
  const file = path.join(fixture.home, name);
  await until(`there is ${name}`, async () => existsSync(file));
  return readFile(file, "utf8");
}
