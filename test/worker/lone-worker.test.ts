// Tries that were lost with their worker before run in a worker process of their own.
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import test from "ava";
import { LostTryRescuer } from "#scheduler/rescue-lost-tries.ts";
import { until } from "#test/helpers/until.ts";
import {
  createFixture,
  type Fixture,
  findTry,
  queueRun,
  readLog,
  startWorker,
  storeDag,
  untilAdded,
  untilDead,
  untilState,
} from "./worker-fixture.ts";

const BUNDLE = `
import { writeFileSync } from "node:fs";
import { Dag } from "daisy-install:/sdk/index.ts";
const dag = new Dag("lone");
const note = (name, text) => writeFileSync(process.env.AIRFLOW_HOME + "/" + name, String(text));
const forever = () => new Promise(() => setInterval(() => {}, 1000));
dag.task("kills", async () => { note("killed", process.ppid); process.kill(process.ppid, "SIGKILL"); await forever(); })();
dag.task("behaves", async () => { note("worker", process.ppid); })();
dag.task("tells", async () => { console.log("the key is a key of ours alone"); })();
dag.task("waits", async () => { note("waiting", process.pid); await forever(); })();
`;

/** Queues a task whose executions were lost twice. */
async function queueSuspect(fixture: Fixture, dag: Awaited<ReturnType<typeof storeDag>>, taskId: string) {
  const [id] = await queueRun(fixture, dag, [taskId], { add: false });
  await fixture.database.query("update task_instance set lost_tries = 2 where id = $1", [id]);
  await untilAdded(fixture.queue, [id!]);
  return id!;
}

test("a task that takes down its worker a third time takes down nothing else, and is parked", async (t) => {
  await using fixture = await createFixture();
  const dag = await storeDag(fixture.database, BUNDLE);
  // It runs in this process, which would be killed.
  const worker = startWorker(fixture);
  const [neighbour] = await queueRun(fixture, dag, ["waits"]);
  await untilState(fixture, neighbour!, "running");
  const poison = await queueSuspect(fixture, dag, "kills");
  const rescuer = new LostTryRescuer({
    ...{ db: fixture.database, log: fixture.log, timeoutSeconds: 60, everySeconds: 1 },
    baseLogFolder: fixture.config.logging.base_log_folder,
  });
  await until("it is parked", async () => {
    await rescuer.look(0);
    return (await findTry(fixture, poison)).state === "failed";
  });
  t.not(await readFile(path.join(fixture.home, "killed"), "utf8"), String(process.pid));
  const log = await readLog(fixture, await findTry(fixture, poison), dag.dagId);
  t.regex(log, /were lost with their worker: 2 of 3 at most; this one has a worker process of its own/);
  t.is((await findTry(fixture, neighbour!)).state, "running");
  await worker.stop();
});

test("a task that was only beside one runs to its end, in a worker process of its own", async (t) => {
  await using fixture = await createFixture();
  const dag = await storeDag(fixture.database, BUNDLE);
  const worker = startWorker(fixture);
  const id = await queueSuspect(fixture, dag, "behaves");
  await untilState(fixture, id, "success");
  const lone = Number(await readFile(path.join(fixture.home, "worker"), "utf8"));
  t.not(lone, process.pid);
  await untilDead(lone);
  const { rows } = await fixture.database.query("select state, queues from job where pid = $1", [lone]);
  t.deepEqual(rows, [{ state: "success", queues: [] }]);
  await worker.stop();
});

test("what is secret to a worker is masked in the worker process of its own, too", async (t) => {
  await using fixture = await createFixture();
  const dag = await storeDag(fixture.database, BUNDLE);
  const config = { ...fixture.config, api: { ...fixture.config.api, secret_key: "a key of ours alone" } };
  const worker = startWorker(fixture, { config });
  const id = await queueSuspect(fixture, dag, "tells");
  await untilState(fixture, id, "success");
  await worker.stop();
  t.regex(await readLog(fixture, await findTry(fixture, id), dag.dagId), /the key is \*\*\*/);
});

test("a worker that shuts down stops what runs alone, and gives it back", async (t) => {
  await using fixture = await createFixture();
  const dag = await storeDag(fixture.database, BUNDLE);
  const worker = startWorker(fixture);
  const id = await queueSuspect(fixture, dag, "waits");
  await until("it runs", async () => existsSync(path.join(fixture.home, "waiting")));
  await worker.stop();
  t.is((await findTry(fixture, id)).state, "up_for_retry");
});
