import { randomUUID } from "node:crypto";
import test from "ava";
import type { Database } from "#core/database/connect.ts";
import { setDagPaused } from "#core/database/dags.ts";
import { resumeDeferred } from "#core/database/defer-tasks.ts";
import { nextDueIn, queueTasks } from "#core/database/ready-tasks.ts";
import { type ClaimedTry, claimTries, finishTries, handBackTries, type TryOutcome } from "#core/database/tries.ts";
import { timeTrigger } from "#sdk/triggers/trigger.ts";
import { createTestDatabase } from "#test/helpers/database.ts";
import { sideBySide, startRun, storeDag } from "./dag-fixture.ts";

const worker = { hostname: "host", pid: 1, jobId: randomUUID() };
const FILE = { kind: "file", kwargs: { filepath: "/tmp/x" } } as const;
const later = () => new Date(Date.now() + 3_600_000);
const deferral = (more: Partial<NonNullable<TryOutcome["deferral"]>> = {}) => ({
  state: "deferred" as const,
  deferral: { trigger: FILE, method: "goOn", kwargs: { step: 1 }, timeout: null, ...more },
});

/** A database with a DAG of one task, which is running. */
async function runningTask(db: Database, retries = 1): Promise<ClaimedTry> {
  await storeDag(db, "a", (dag) => dag.task("t", async () => 1, { retries })());
  const dagRunId = await startRun(db, "a");
  await queueTasks(db, [{ dagRunId, taskId: "t", mapIndex: -1 }], 100);
  return claim(db);
}

async function claim(db: Database): Promise<ClaimedTry> {
  const { rows } = await db.query("select id from task_instance where state = 'queued'");
  const [claimed] = await claimTries(
    db,
    rows.map(({ id }) => id),
    worker,
  );
  return claimed!;
}

async function finish(db: Database, { id }: ClaimedTry, outcome: Omit<TryOutcome, "id">): Promise<void> {
  const finished = await finishTries(db, [{ id, ...outcome }]);
  if (!finished.has(id)) throw new Error("The try was not running");
}

async function rowOf(db: Database) {
  const { rows } = await db.query("select * from task_instance");
  return rows[0];
}

/** As if so much time had passed for what waits. */
const pass = (db: Database, seconds: number) =>
  db.query(
    `update task_instance set due_at = due_at - $1 * interval '1 second',
       trigger_kwargs = case trigger_kind when 'time' then json_build_object(
         'moment', (trigger_kwargs ->> 'moment')::timestamptz - $1 * interval '1 second') else trigger_kwargs end`,
    [seconds],
  );

test("a rescheduled task frees its slot, and goes on with the same try under a fresh id when its date has come", async (t) => {
  await using test = await createTestDatabase();
  const db = test.database;
  const first = await runningTask(db);
  t.is(first.waitingSince, null);
  await finish(db, first, { state: "up_for_reschedule", dueIn: 60 });
  const waiting = await rowOf(db);
  t.like(waiting, { state: "up_for_reschedule", try_number: 1, end_date: null });
  t.deepEqual(waiting.waiting_since, waiting.start_date);
  t.true((await nextDueIn(db))! > 50_000);
  t.is((await queueTasks(db, [], 100)).tasks.length, 0);
  await pass(db, 60);
  const { tasks } = await queueTasks(db, [], 1);
  t.like(tasks[0], { state: "queued", ours: true });
  t.not(tasks[0]!.id, first.id);
  t.is((await claimTries(db, [first.id], worker)).length, 0);
  const second = await claim(db);
  t.like(second, { tryNumber: 1, nextMethod: null });
  t.deepEqual(second.waitingSince, waiting.start_date);
  t.deepEqual((await rowOf(db)).start_date, waiting.start_date);
  t.is((await db.query("select from task_instance_history")).rowCount, 0);
});

test("a retry keeps the date since which its task waits, and a clear forgets it", async (t) => {
  await using test = await createTestDatabase();
  const db = test.database;
  const first = await runningTask(db);
  await finish(db, first, { state: "up_for_reschedule", dueIn: 0 });
  await queueTasks(db, [], 100);
  const second = await claim(db);
  await finish(db, second, { state: "up_for_retry", dueIn: 0 });
  await queueTasks(db, [], 100);
  const third = await claim(db);
  t.is(third.tryNumber, 2);
  t.deepEqual(third.waitingSince, second.waitingSince);
  await db.query("update task_instance set state = 'restarting'");
  await handBackTries(db, [third.id]);
  await queueTasks(db, [{ dagRunId: third.dagRunId, taskId: "t", mapIndex: -1 }], 100);
  t.is((await claim(db)).waitingSince, null);
});

test("XComs of a task are wiped when it starts again, but not when it resumes after a deferral", async (t) => {
  await using test = await createTestDatabase();
  const db = test.database;
  const push = () =>
    db.query(
      `insert into xcom (dag_run_id, task_id, key, value) select dag_run_id, task_id, 'k', '1' from task_instance`,
    );
  const count = async () => (await db.query("select from xcom")).rowCount;
  const first = await runningTask(db);
  await push();
  await finish(db, first, { state: "up_for_reschedule", dueIn: 0 });
  await queueTasks(db, [], 100);
  const second = await claim(db);
  t.is(await count(), 0);
  await push();
  await finish(db, second, deferral());
  await resumeDeferred(db, [{ id: second.id, event: true }]);
  await queueTasks(db, [], 100);
  await claim(db);
  t.is(await count(), 1);
});

test("a deferred task resumes once, with its trigger's event, in the same try", async (t) => {
  await using test = await createTestDatabase();
  const db = test.database;
  const first = await runningTask(db);
  await finish(db, first, deferral());
  t.like(await rowOf(db), { state: "deferred", trigger_kind: "file", try_number: 1, due_at: null });
  t.is(await nextDueIn(db), null);
  const ends = await Promise.all(
    [1, 2, 3].map((event) => resumeDeferred(db, [{ id: first.id, event: { number: event } }])),
  );
  t.is(ends.filter((resumed) => resumed.has(first.id)).length, 1);
  await queueTasks(db, [], 100);
  const second = await claim(db);
  t.not(second.id, first.id);
  t.like(second, { tryNumber: 1, nextMethod: "goOn", nextKwargs: { step: 1 } });
  t.true([1, 2, 3].includes((second.triggerEvent as { number: number }).number));
});

test("a time trigger fires by itself at its moment", async (t) => {
  await using test = await createTestDatabase();
  const db = test.database;
  const first = await runningTask(db);
  const trigger = timeTrigger(later());
  await finish(db, first, deferral({ trigger, timeout: 7_200 }));
  t.true((await nextDueIn(db))! > 3_000_000);
  await pass(db, 3_601);
  t.is((await queueTasks(db, [], 100)).tasks.length, 1);
  const second = await claim(db);
  t.like(second, { nextMethod: "goOn" });
  t.true(new Date(second.triggerEvent as string) <= new Date());
});

test("a trigger that is too late fails the task through __fail__, and so does one that could not be kept up", async (t) => {
  await using test = await createTestDatabase();
  const db = test.database;
  const first = await runningTask(db);
  await finish(db, first, deferral({ trigger: timeTrigger(later()), timeout: 60 }));
  await pass(db, 61);
  await queueTasks(db, [], 100);
  const second = await claim(db);
  t.like(second, { nextMethod: "__fail__", nextKwargs: { error: "Trigger timeout" }, triggerEvent: null });
  await finish(db, second, deferral());
  await resumeDeferred(db, [{ id: second.id, failure: "the disk is gone" }]);
  await queueTasks(db, [], 100);
  t.like(await claim(db), { nextMethod: "__fail__", nextKwargs: { error: "the disk is gone" }, tryNumber: 1 });
});

test("a task that is retried after a deferral starts from the beginning", async (t) => {
  await using test = await createTestDatabase();
  const db = test.database;
  const first = await runningTask(db);
  await finish(db, first, deferral());
  await resumeDeferred(db, [{ id: first.id, event: null }]);
  await queueTasks(db, [], 100);
  await finish(db, await claim(db), { state: "up_for_retry", dueIn: 0 });
  await queueTasks(db, [], 100);
  t.like(await claim(db), { tryNumber: 2, nextMethod: null });
});

/** What a DAG may be whose tasks do not go on, and what makes it so or ends it. */
const HELD: readonly (readonly [dag: string, hold: (db: Database, isHeld: boolean) => Promise<unknown>])[] = [
  ["that is paused", (db, isHeld) => setDagPaused(db, "a", isHeld)],
  ["that no file holds", (db, isHeld) => db.query("update dag set is_stale = $1", [isHeld])],
];

for (const [dag, hold] of HELD) {
  test(`nothing of a DAG ${dag} goes on by itself, and it keeps nobody looking`, async (t) => {
    await using test = await createTestDatabase();
    const db = test.database;
    const first = await runningTask(db);
    await finish(db, first, deferral({ trigger: timeTrigger(new Date()) }));
    await hold(db, true);
    t.is(await nextDueIn(db), null);
    t.deepEqual(await queueTasks(db, [], 100), { tasks: [], backlog: false });
    t.is((await rowOf(db)).state, "deferred");
    await hold(db, false);
    t.true((await nextDueIn(db))! <= 0);
    t.is((await queueTasks(db, [], 100)).tasks.length, 1);
  });
}

test("a pool counts deferred tasks when it says so", async (t) => {
  await using test = await createTestDatabase();
  const db = test.database;
  await storeDag(db, "a", sideBySide("t1", "t2"));
  const dagRunId = await startRun(db, "a");
  await db.query("update pool set slots = 1, include_deferred = true");
  const name = (taskId: string) => ({ dagRunId, taskId, mapIndex: -1 });
  const { tasks } = await queueTasks(db, [name("t1"), name("t2")], 100);
  const queued = tasks.find((task) => task.state === "queued")!;
  const [claimed] = await claimTries(db, [queued.id], worker);
  await finish(db, claimed!, deferral());
  t.is((await queueTasks(db, [], 100)).tasks.length, 0);
  await db.query("update pool set include_deferred = false");
  t.is((await queueTasks(db, [], 100)).tasks.length, 1);
});
