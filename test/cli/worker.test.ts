import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import test from "ava";
import { defaultConfig } from "#core/config/load.ts";
import { until } from "#test/helpers/until.ts";
import { findLog } from "#webserver/find-log.ts";
import { createFixture, type Fixture, findTry, queueRun, storeDag, untilEnded } from "../worker/worker-fixture.ts";
import { makeHome, startAirflow, stop } from "./helpers/run-airflow.ts";

const BUNDLE = `
import { existsSync, writeFileSync } from "node:fs";
import { Dag } from "daisy-install:/sdk/index.ts";
const dag = new Dag("remote");
const note = (name) => process.env.AIRFLOW_HOME + "/" + name;
dag.task("says", async () => { console.log("hello from there"); })();
dag.task("waits", async () => {
  writeFileSync(note("waits"), "");
  while (!existsSync(note("go on"))) await new Promise((resolve) => setTimeout(resolve, 10));
})();
`;

const SECRET = "the same on both";

/** A worker as on a machine of its own: an empty home, the two URLs, and what it takes to serve its logs. */
async function startRemote(fixture: Fixture, ...flags: string[]) {
  const folder = await makeHome();
  const { home } = folder;
  const child = startAirflow(["celery", "worker", ...flags], {
    AIRFLOW_HOME: home,
    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: fixture.config.database.sql_alchemy_conn,
    AIRFLOW__CELERY__BROKER_URL: fixture.config.celery.broker_url,
    AIRFLOW__CELERY__WORKER_SOFT_SHUTDOWN_TIMEOUT: "3600",
    AIRFLOW__LOGGING__WORKER_LOG_SERVER_HOST: "127.0.0.1",
    AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT: "0",
    AIRFLOW__API__SECRET_KEY: SECRET,
  });
  await until("the worker runs", async () => {
    const { rows } = await fixture.database.query("select from job where pid = $1", [child.pid]);
    return rows.length === 1;
  });
  return {
    child,
    home,
    async [Symbol.asyncDispose]() {
      await stop(child, "SIGKILL");
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** Resolves when a process has logged a text from now on. */
function untilLogged(child: ChildProcess, text: string): Promise<void> {
  let logged = "";
  return new Promise((resolve) => {
    child.stderr!.on("data", (chunk: Buffer) => {
      logged += chunk;
      if (logged.includes(text)) resolve();
    });
  });
}

/** Queues a task for some queue; returns its try's id. */
async function queueIn(fixture: Fixture, dag: Awaited<ReturnType<typeof storeDag>>, taskId: string, queue: string) {
  const [id] = await queueRun(fixture, dag, [taskId], { add: false });
  await fixture.database.query("update task_instance set queue = $2 where id = $1", [id, queue]);
  await fixture.queue.add([{ id: id!, queue }]);
  return id!;
}

test.serial("a worker with the two URLs only takes from its queues, and the web server reads its logs", async (t) => {
  await using fixture = await createFixture();
  const dag = await storeDag(fixture.database, BUNDLE);
  await using worker = await startRemote(fixture, "-q", "a, b");
  const other = await queueIn(fixture, dag, "says", "default");
  const ids = [await queueIn(fixture, dag, "says", "a"), await queueIn(fixture, dag, "says", "b")];
  for (const id of ids) t.is((await untilEnded(fixture, id)).state, "success");
  t.is((await findTry(fixture, other)).state, "queued");
  const { rows } = await fixture.database.query("select queues from job");
  t.deepEqual(rows, [{ queues: ["a", "b"] }]);

  // On a machine of its own its name would lead to it.
  await fixture.database.query(
    "update job set hostname = 'localhost'; update task_instance set hostname = 'localhost'",
  );
  const row = await findTry(fixture, ids[0]!);
  const key = { dagId: "remote", runId: row.run_id, taskId: "says", mapIndex: -1, tryNumber: 1 };
  const config = defaultConfig({ home: path.join(worker.home, "elsewhere"), api: { secret_key: SECRET } });
  const runner = { hostname: "localhost", pid: worker.child.pid! };
  const found = await findLog({ db: fixture.database, config }, key, runner, 0);
  t.regex("part" in found ? found.part.text : found.complaints.join(), /hello from there/);
});

test.serial("SIGTERM lets a worker's tries end, and it takes no more", async (t) => {
  await using fixture = await createFixture();
  const dag = await storeDag(fixture.database, BUNDLE);
  await using worker = await startRemote(fixture);
  const id = await queueIn(fixture, dag, "waits", "default");
  await until("the task runs", async () => existsSync(path.join(worker.home, "waits")));
  const heard = untilLogged(worker.child, "1 tries may go on for 3600 s");
  const left = stop(worker.child, "SIGTERM");
  await heard;
  const late = await queueIn(fixture, dag, "says", "default");
  await writeFile(path.join(worker.home, "go on"), "");
  t.is(await left, 0);
  t.is((await findTry(fixture, id)).state, "success");
  t.is((await findTry(fixture, late)).state, "queued");
});

test.serial("a second SIGTERM makes a worker give its tries back at once", async (t) => {
  await using fixture = await createFixture();
  const dag = await storeDag(fixture.database, BUNDLE);
  await using worker = await startRemote(fixture);
  const id = await queueIn(fixture, dag, "waits", "default");
  await until("the task runs", async () => existsSync(path.join(worker.home, "waits")));
  // Signals of one kind that come together are one, so the second waits until the first has been heard.
  const heard = untilLogged(worker.child, "1 tries may go on for 3600 s");
  worker.child.kill("SIGTERM");
  await heard;
  t.is(await stop(worker.child, "SIGTERM"), 0);
  const row = await findTry(fixture, id);
  t.is(row.state, "up_for_retry");
  t.is(row.max_tries, 1);
});
