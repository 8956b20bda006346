import { randomUUID } from "node:crypto";
import test from "ava";
import type { Database } from "#core/database/connect.ts";
import { recordHeartbeat } from "#core/database/jobs.ts";
import { listWaitingTries, queueTasks } from "#core/database/ready-tasks.ts";
import { claimTries, finishTries } from "#core/database/tries.ts";
import { createLog } from "#core/log.ts";
import { QueueWatch } from "#scheduler/watch-queue.ts";
import type { Dag } from "#sdk/index.ts";
import { createTestDatabase } from "#test/helpers/database.ts";
import { startRun, storeDag } from "../core/database/dag-fixture.ts";

const noop = async () => undefined;
const declare = (dag: Dag) => void dag.task("t", noop, { queue: "gpu", retries: 1, onFailureCallback: noop })();

/** A run whose only task is queued. */
async function queueOne(db: Database): Promise<void> {
  await storeDag(db, "a", declare);
  const dagRunId = await startRun(db, "a");
  await queueTasks(db, [{ dagRunId, taskId: "t", mapIndex: -1 }], 10);
}

/** Makes what is queued look as if it had waited for some seconds. */
async function wait(db: Database, seconds: number): Promise<void> {
  await db.query("update task_instance set queued_at = now() - $1 * interval '1 second'", [seconds]);
}

async function row(db: Database) {
  const { rows } = await db.query("select id, state, try_number, max_tries, requeues, note from task_instance");
  return rows[0];
}

function watch(db: Database): { look(): Promise<void>; lines: string[] } {
  const lines: string[] = [];
  const log = createLog("scheduler", "INFO", (line) => lines.push(line));
  const seconds = { timeoutSeconds: 600, everySeconds: 10, aliveSeconds: 15 };
  const duty = new QueueWatch({ db, log, mostRequeues: 2, ...seconds });
  return { look: () => duty.look(), lines };
}

const startWorker = (db: Database, queues: readonly string[]) =>
  recordHeartbeat(db, { id: randomUUID(), jobType: "WorkerJob", hostname: "host", pid: 1, queues });

test("a try that waits in the queue for too long is queued anew under a fresh id, and after two times fails", async (t) => {
  await using test = await createTestDatabase();
  const { database: db } = test;
  await queueOne(db);
  await startWorker(db, ["gpu"]);
  const { look, lines } = watch(db);
  await wait(db, 599);
  await look();
  t.like(await row(db), { state: "queued", try_number: 1, requeues: 0 });
  for (let requeue = 1; requeue <= 2; requeue++) {
    await wait(db, 601);
    const before = await row(db);
    await look();
    const after = await row(db);
    t.like(after, { state: "scheduled", try_number: 0, requeues: requeue });
    t.not(after.id, before.id);
    await queueTasks(db, [], 10);
    t.like(await row(db), { state: "queued", try_number: 1, requeues: requeue });
  }
  await wait(db, 601);
  await look();
  const note = "Task was requeued more than 2 times and will be failed.";
  t.like(await row(db), { state: "failed", try_number: 1, note });
  t.is(lines.filter((line) => line.includes("Task stuck in queued; will try to requeue. task_instance=")).length, 2);
  t.regex(lines.at(-1)!, /Task requeue attempts exceeded max; marking failed\. task_instance=<TaskInstance: a\.t /);
  const { rows: events } = await db.query("select event from log order by id");
  const requeued = { event: "stuck in queued reschedule" };
  t.deepEqual(events, [requeued, requeued, { event: "stuck in queued tries exceeded" }]);
  const { rows: requests } = await db.query("select event, exception, job_id from callback_request");
  t.deepEqual(requests, [{ event: "failure", exception: note, job_id: null }]);
});

test("a try that waits for its turn at a worker that is full stays in the queue, however long that takes", async (t) => {
  await using test = await createTestDatabase();
  const { database: db } = test;
  await queueOne(db);
  const worker = {
    id: randomUUID(),
    jobType: "WorkerJob",
    hostname: "host",
    pid: 1,
    queues: ["gpu"],
    slots: 1,
  } as const;
  await recordHeartbeat(db, worker);
  await storeDag(db, "b", (dag) => void dag.task("long", noop, { queue: "gpu" })());
  const dagRunId = await startRun(db, "b");
  const { tasks } = await queueTasks(db, [{ dagRunId, taskId: "long", mapIndex: -1 }], 10);
  await claimTries(db, [tasks[0]!.id], { ...worker, jobId: worker.id });
  const { look } = watch(db);
  const waiting = async () => (await db.query("select state, requeues from task_instance where task_id = 't'")).rows[0];
  for (let round = 0; round < 4; round++) {
    await wait(db, 601);
    await look();
    t.deepEqual(await waiting(), { state: "queued", requeues: 0 });
  }
  // It has room now, and still leaves the try where it is: for less time than it may, and then for more.
  await finishTries(db, [{ id: tasks[0]!.id, state: "success" }]);
  await look();
  t.deepEqual(await waiting(), { state: "queued", requeues: 0 });
  await db.query("update job set last_full_at = now() - interval '602 seconds'");
  await look();
  t.deepEqual(await waiting(), { state: "scheduled", requeues: 1 });
});

test("a try is stuck that one of several workers leaves in the queue although it has room, and others are full", async (t) => {
  await using test = await createTestDatabase();
  const { database: db } = test;
  await queueOne(db);
  await startWorker(db, ["gpu"]);
  await startWorker(db, ["gpu"]);
  await db.query("update job set last_full_at = now() where id = (select id from job limit 1)");
  await wait(db, 601);
  await watch(db).look();
  t.like(await row(db), { state: "scheduled", requeues: 1 });
});

test("a worker that takes a try in between lets it be queued anew as often as at first", async (t) => {
  await using test = await createTestDatabase();
  const { database: db } = test;
  await queueOne(db);
  await db.query("update task_instance set requeues = 2");
  const [waiting] = await listWaitingTries(db, -1, 10);
  await claimTries(db, [waiting!.id], { hostname: "host", pid: 1, jobId: randomUUID() });
  t.like(await row(db), { state: "running", requeues: 0 });
});

test("a try that goes on after it waited keeps its number when it is queued anew", async (t) => {
  await using test = await createTestDatabase();
  const { database: db } = test;
  await queueOne(db);
  await db.query("update task_instance set try_number = 2, start_date = now()");
  await wait(db, 601);
  await watch(db).look();
  t.like(await row(db), { state: "scheduled", try_number: 2 });
  await queueTasks(db, [], 10);
  t.like(await row(db), { state: "queued", try_number: 2 });
});

const WORKERS: readonly { what: string; silentSeconds: number | null; told: boolean }[] = [
  { what: "with no worker at all is told", silentSeconds: null, told: true },
  { what: "whose only worker has been silent for long is told", silentSeconds: 16, told: true },
  { what: "with a worker is not", silentSeconds: 0, told: false },
];
for (const { what, silentSeconds, told } of WORKERS) {
  test(`a try that waits ${what}`, async (t) => {
    await using test = await createTestDatabase();
    const { database: db } = test;
    await queueOne(db);
    await wait(db, 6);
    if (silentSeconds !== null) await startWorker(db, ["gpu"]);
    await db.query("update job set latest_heartbeat = now() - $1 * interval '1 second'", [silentSeconds ?? 0]);
    const { look, lines } = watch(db);
    await look();
    await look();
    t.deepEqual(
      lines.map((line) => line.trimEnd().split(" WARNING - ")[1]),
      told ? ["There is no worker, and 1 task instances wait for one: airflow celery worker"] : [],
    );
    t.is((await row(db)).state, "queued");
  });
}
