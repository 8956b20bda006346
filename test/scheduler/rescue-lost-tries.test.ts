import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test from "ava";
import { connect, type Database } from "#core/database/connect.ts";
import { recordHeartbeat } from "#core/database/jobs.ts";
import { mustRunAlone } from "#core/database/lost-tries.ts";
import { listWaitingTries, queueTasks } from "#core/database/ready-tasks.ts";
import { claimTries, finishTries } from "#core/database/tries.ts";
import { createLog } from "#core/log.ts";
import { type TryLogKey, taskLogPath } from "#core/task-logs.ts";
import { LostTryRescuer, type LostTryRescuerOptions } from "#scheduler/rescue-lost-tries.ts";
import { createTestDatabase } from "#test/helpers/database.ts";
import { giveClock } from "#test/helpers/database-clock.ts";
import { sideBySide, startRun, storeDag } from "../core/database/dag-fixture.ts";

const TIMEOUT_SECONDS = 15;

/** A run with one task, whose try a worker has claimed; returns the try's id. */
async function claimOne(db: Database, jobId: string, host = hostname()): Promise<string> {
  await storeDag(db, "a", sideBySide("t"));
  const dagRunId = await startRun(db, "a");
  await queueTasks(db, [{ dagRunId, taskId: "t", mapIndex: -1 }], 10);
  return claimAgain(db, jobId, { host });
}

async function claimAgain(db: Database, jobId: string, { host = hostname(), runsAlone = false } = {}): Promise<string> {
  const [waiting] = await listWaitingTries(db, -1, 10);
  await recordHeartbeat(db, { id: jobId, jobType: "WorkerJob", hostname: host, pid: 4_000_000 });
  await claimTries(db, [waiting!.id], { hostname: host, pid: 4_000_000, jobId, runsAlone });
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
const rescuer = (db: Database, isAlive: boolean, more: Partial<LostTryRescuerOptions> = {}) =>
  new LostTryRescuer({
    ...{ db, log: quiet, timeoutSeconds: TIMEOUT_SECONDS, everySeconds: 1, baseLogFolder: "/nonexistent" },
    isProcessAlive: () => isAlive,
    ...more,
  });
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

test("when the database's clock jumps, every worker has the full time again", async (t) => {
  await using test = await createTestDatabase();
  const clock = await giveClock(test.database);
  const db = connect(test.url);
  try {
    await claimOne(db, randomUUID(), "elsewhere");
    const watching = rescuer(db, true);
    t.false(await watching.look(TIMEOUT_SECONDS));
    for (const hoursAhead of [1, 5, -2]) {
      await clock.set(hoursAhead);
      t.true(await watching.look(TIMEOUT_SECONDS));
      t.deepEqual(await state(db), RUNNING);
    }
    await silence(db, TIMEOUT_SECONDS + 1);
    t.false(await watching.look(TIMEOUT_SECONDS));
    t.deepEqual(await state(db), RESCUED);
  } finally {
    await db.end();
  }
});

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

/** Has the only try lost with its worker, and queued again. */
async function loseOnce(db: Database): Promise<void> {
  await silence(db, 3);
  await rescuer(db, false).look(0);
}

test("a task instance whose worker is lost three times one after the other is parked, with a note of why", async (t) => {
  await using test = await createTestDatabase();
  const db = test.database;
  await claimOne(db, randomUUID());
  for (let loss = 1; loss <= 2; loss++) {
    await loseOnce(db);
    t.like(await state(db), { state: "up_for_retry", lost_tries: loss, max_tries: loss });
    await queueTasks(db, [], 10);
    await claimAgain(db, randomUUID(), { runsAlone: true });
  }
  const lines: string[] = [];
  await silence(db, 3);
  await rescuer(db, false, { log: createLog("scheduler", "ERROR", (line) => lines.push(line)) }).look(0);
  t.like(await state(db), { state: "failed", try_number: 3, max_tries: 2 });
  t.regex(lines.join(""), /lost 3 times one after the other.* it is parked as failed/);
  const { rows } = await db.query("select note from task_instance");
  t.regex(rows[0].note, /^Parked: its worker was lost in each of 3 executions/);
  const { rows: events } = await db.query("select event, extra ->> 'try_number' as try from log order by id");
  t.deepEqual(
    events,
    ["1", "2", "3"].map((number) => ({ event: "heartbeat timeout", try: number })),
  );
});

test("a note that somebody wrote stays when a task instance is parked", async (t) => {
  await using test = await createTestDatabase();
  const db = test.database;
  await claimOne(db, randomUUID());
  await db.query("update task_instance set lost_tries = 2, note = 'mine'");
  await loseOnce(db);
  const { rows } = await db.query("select state, note from task_instance");
  t.deepEqual(rows, [{ state: "failed", note: "mine" }]);
});

test("losses count one after the other: an execution that comes to an end forgets them", async (t) => {
  await using test = await createTestDatabase();
  const db = test.database;
  const id = await claimOne(db, randomUUID());
  await db.query("update task_instance set lost_tries = 2");
  await finishTries(db, [{ id, state: "up_for_reschedule", dueIn: 0 }]);
  t.like(await state(db), { state: "up_for_reschedule", lost_tries: 0 });
});

test("a try that was lost twice is claimed only by a worker in which nothing else runs", async (t) => {
  await using test = await createTestDatabase();
  const db = test.database;
  await claimOne(db, randomUUID());
  await db.query("update task_instance set state = 'queued', lost_tries = 2, job_id = null");
  const [waiting] = await listWaitingTries(db, -1, 10);
  const worker = { hostname: hostname(), pid: 1, jobId: randomUUID() };
  t.true(await mustRunAlone(db, waiting!.id));
  t.deepEqual(await claimTries(db, [waiting!.id], worker), []);
  t.like((await claimTries(db, [waiting!.id], { ...worker, runsAlone: true }))[0], { lostTries: 2 });
  t.false(await mustRunAlone(db, waiting!.id));
});

test("a cleared try whose worker is lost starts over as a cleared one, and its losses are forgotten", async (t) => {
  await using test = await createTestDatabase();
  const db = test.database;
  const cleared = await claimOne(db, randomUUID());
  await db.query("update task_instance set state = 'restarting', lost_tries = 1, max_tries = 1");
  await loseOnce(db);
  t.deepEqual(await state(db), { state: null, try_number: 1, max_tries: 1, lost_tries: 0 });
  const { rows } = await db.query(
    `select ti.id <> h.id as renewed, ti.job_id, ti.start_date, h.id, h.state
       from task_instance ti join task_instance_history h using (dag_run_id, task_id, map_index)`,
  );
  t.deepEqual(rows, [{ renewed: true, job_id: null, start_date: null, id: cleared, state: "failed" }]);
});

test("the log of a try that is lost says so", async (t) => {
  await using test = await createTestDatabase();
  const db = test.database;
  const baseLogFolder = await mkdtemp(join(tmpdir(), "daisy-logs-"));
  await claimOne(db, randomUUID());
  const { rows: instances } = await db.query<TryLogKey>(
    `select dag_id as "dagId", run_id as "runId", task_id as "taskId", map_index as "mapIndex", try_number as "tryNumber"
       from task_instance`,
  );
  const path = taskLogPath(baseLogFolder, instances[0]!);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, "before\n");
  await silence(db, 3);
  await rescuer(db, false, { baseLogFolder }).look(0);
  t.regex(
    await readFile(path, "utf8"),
    /^before\n\[.*\] \{scheduler\} ERROR - Detected a task instance without a heartbeat: <TaskInstance: a\.t .* \[running\]>, try 1, whose worker \(process 4000000 on .*\) is gone; it starts again\n$/,
  );
  await rm(baseLogFolder, { recursive: true });
});
