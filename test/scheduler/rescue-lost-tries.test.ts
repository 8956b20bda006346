import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import test from "ava";
import type { Database } from "#core/database/connect.ts";
import { recordHeartbeat } from "#core/database/jobs.ts";
import { listWaitingTries, queueTasks } from "#core/database/ready-tasks.ts";
import { claimTries, finishTries } from "#core/database/tries.ts";
import { createLog } from "#core/log.ts";
import { LostTryRescuer } from "#scheduler/rescue-lost-tries.ts";
import { createTestDatabase } from "#test/helpers/database.ts";
import { sideBySide, startRun, storeDag } from "../core/database/dag-fixture.ts";

const TIMEOUT_SECONDS = 15;

/** A run with one task, whose try a worker has claimed; returns the try's id. */
async function claimOne(db: Database, jobId: string, host = hostname()): Promise<string> {
  await storeDag(db, "a", sideBySide("t"));
  const dagRunId = await startRun(db, "a");
  await queueTasks(db, [{ dagRunId, taskId: "t", mapIndex: -1 }], 10);
  return claimAgain(db, jobId, host);
}

async function claimAgain(db: Database, jobId: string, host = hostname()): Promise<string> {
  const [waiting] = await listWaitingTries(db, -1, 10);
  await recordHeartbeat(db, { id: jobId, jobType: "WorkerJob", hostname: host, pid: 4_000_000 });
  await claimTries(db, [waiting!.id], { hostname: host, pid: 4_000_000, jobId });
  return waiting!.id;
}

/** Makes the worker and its try look as if they had been silent for some seconds. */
async function silence(db: Database, seconds: number): Promise<void> {
  await db.query("update job set latest_heartbeat = now() - $1 * interval '1 second'", [seconds]);
  await db.query("update task_instance set last_heartbeat_at = now() - $1 * interval '1 second'", [seconds]);
}

async function state(db: Database) {
  const { rows } = await db.query("select state, try_number, max_tries, lost_tries from task_instance");
  return rows[0];
}

const quiet = createLog("scheduler", "ERROR");
const rescuer = (db: Database, isAlive: boolean) => new LostTryRescuer(db, TIMEOUT_SECONDS, quiet, () => isAlive);
const RUNNING = { state: "running", try_number: 1, max_tries: 0, lost_tries: 0 };
const RESCUED = { state: "up_for_retry", try_number: 1, max_tries: 1, lost_tries: 1 };

const CASES: readonly {
  title: string;
  silentSeconds: number;
  listenedSeconds: number;
  isAlive: boolean;
  host?: string;
  expected: object;
}[] = [
  { title: "a live worker keeps its try", silentSeconds: 5, listenedSeconds: 99, isAlive: true, expected: RUNNING },
  {
    title: "a worker of this machine whose process is gone loses it at once",
    silentSeconds: 3,
    listenedSeconds: 0,
    isAlive: false,
    expected: RESCUED,
  },
  {
    title: "a process that has just written something is waited for",
    silentSeconds: 1,
    listenedSeconds: 99,
    isAlive: false,
    expected: RUNNING,
  },
  {
    title: "of another machine's worker only the silence tells",
    silentSeconds: 3,
    listenedSeconds: 99,
    isAlive: false,
    host: "elsewhere",
    expected: RUNNING,
  },
  {
    title: "a worker that is silent for too long loses it",
    silentSeconds: 16,
    listenedSeconds: 16,
    isAlive: true,
    host: "elsewhere",
    expected: RESCUED,
  },
  {
    title: "silence from before the scheduler listened does not count",
    silentSeconds: 99,
    listenedSeconds: 10,
    isAlive: true,
    host: "elsewhere",
    expected: RUNNING,
  },
];

for (const { title, silentSeconds, listenedSeconds, isAlive, host, expected } of CASES) {
  test(title, async (t) => {
    await using test = await createTestDatabase();
    await claimOne(test.database, randomUUID(), host);
    await silence(test.database, silentSeconds);
    await rescuer(test.database, isAlive).look(listenedSeconds);
    t.deepEqual(await state(test.database), expected);
  });
}

test("a rescued try starts again under a fresh id, and what its old owner writes changes nothing", async (t) => {
  await using test = await createTestDatabase();
  const db = test.database;
  const lost = await claimOne(db, randomUUID());
  await silence(db, 3);
  await rescuer(db, false).look(0);
  await queueTasks(db, [], 10);
  const next = await claimAgain(db, randomUUID());
  t.not(next, lost);
  t.deepEqual(await finishTries(db, [{ id: lost, state: "success" }]), new Set());
  t.like(await state(db), { state: "running", try_number: 2 });
  t.deepEqual(await finishTries(db, [{ id: next, state: "success" }]), new Set([next]));
});

test("a task instance that is lost with its worker a fourth time fails", async (t) => {
  await using test = await createTestDatabase();
  const db = test.database;
  await claimOne(db, randomUUID());
  for (let loss = 1; loss <= 4; loss++) {
    await silence(db, 3);
    await rescuer(db, false).look(0);
    if (loss === 4) break;
    t.like(await state(db), { state: "up_for_retry", lost_tries: loss, max_tries: loss });
    await queueTasks(db, [], 10);
    await claimAgain(db, randomUUID());
  }
  t.like(await state(db), { state: "failed", try_number: 4 });
});
