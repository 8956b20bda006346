import test from "ava";
import type { Database } from "#core/database/connect.ts";
import { startQueuedRuns } from "#core/database/dag-runs.ts";
import { setDagPaused } from "#core/database/dags.ts";
import { listWaitingTries, queueTasks } from "#core/database/ready-tasks.ts";
import { createTestDatabase } from "#test/helpers/database.ts";
import { sideBySide, startRun, storeDag } from "./dag-fixture.ts";

/** Queues all tasks of a run that nobody has scheduled; returns the ids of the tasks that are queued then. */
async function queueAll(db: Database, dagRunIds: readonly number[], parallelism = 100): Promise<string[]> {
  const { rows } = await db.query<{ dagRunId: number; taskId: string; mapIndex: number }>(
    `select dag_run_id as "dagRunId", task_id as "taskId", map_index as "mapIndex" from task_instance
      where state is null and dag_run_id = any($1)`,
    [dagRunIds],
  );
  await queueTasks(db, rows, parallelism);
  return queued(db);
}

async function queued(db: Database): Promise<string[]> {
  const { rows } = await db.query("select task_id from task_instance where state = 'queued' order by task_id");
  return rows.map((row) => row.task_id);
}

const end = (db: Database, taskId: string) =>
  db.query("update task_instance set state = 'success' where task_id = $1", [taskId]);

test("a task is queued with its first try's number, and the others of its run wait for a slot", async (t) => {
  await using test = await createTestDatabase();
  const db = test.database;
  await storeDag(db, "a", sideBySide("t1", "t2", "t3"), { maxActiveTasks: 2 });
  const run = await startRun(db, "a");
  t.is((await queueAll(db, [run])).length, 2);
  const { rows } = await db.query("select state, try_number from task_instance order by state, task_id");
  t.deepEqual(rows, [
    { state: "queued", try_number: 1 },
    { state: "queued", try_number: 1 },
    { state: "scheduled", try_number: 0 },
  ]);
  await end(db, (await queued(db))[0]!);
  const { tasks, backlog } = await queueTasks(db, [], 100);
  t.is(tasks.length, 1);
  t.false(backlog);
});

test("parallelism limits all DAGs together", async (t) => {
  await using test = await createTestDatabase();
  const db = test.database;
  await storeDag(db, "a", sideBySide("a1", "a2", "a3"));
  await storeDag(db, "b", sideBySide("b1", "b2", "b3"));
  t.is((await queueAll(db, [await startRun(db, "a"), await startRun(db, "b")], 4)).length, 4);
});

test("a higher priority goes first, then the older run", async (t) => {
  await using test = await createTestDatabase();
  const db = test.database;
  await storeDag(db, "a", (dag) => {
    dag.task("low", async () => 1)();
    dag.task("high", async () => 1, { priorityWeight: 9 })();
  });
  const young = await startRun(db, "a", new Date("2024-02-01"));
  const old = await startRun(db, "a", new Date("2024-01-01"));
  await queueAll(db, [young, old], 0);
  const order: string[] = [];
  for (let i = 0; i < 4; i++) {
    const { tasks } = await queueTasks(db, [], i + 1);
    order.push(...tasks.map((task) => `${task.dagRunId === old ? "old" : "young"} ${task.taskId}`));
  }
  t.deepEqual(order, ["old high", "young high", "old low", "young low"]);
});

test("a pool gives its slots and no more, and a full one stops nobody else", async (t) => {
  await using test = await createTestDatabase();
  const db = test.database;
  await db.query("insert into pool (pool, slots) values ('small', 3), ('endless', -1)");
  await storeDag(
    db,
    "a",
    (dag) => {
      for (let i = 0; i < 120; i++) dag.task(`small_${i}`, async () => 1, { pool: "small", priorityWeight: 9 })();
      dag.task("wide", async () => 1, { pool: "small", poolSlots: 4, priorityWeight: 99 })();
      dag.task("nowhere", async () => 1, { pool: "no such pool", priorityWeight: 99 })();
      for (let i = 0; i < 5; i++) dag.task(`endless_${i}`, async () => 1, { pool: "endless" })();
    },
    { maxActiveTasks: 1000 },
  );
  const ids = await queueAll(db, [await startRun(db, "a")]);
  t.is(ids.filter((id) => id.startsWith("small")).length, 3);
  t.is(ids.filter((id) => id.startsWith("endless")).length, 5);
  t.is(ids.length, 8);
});

test("a huge backlog of one run does not hide another run's tasks", async (t) => {
  await using test = await createTestDatabase();
  const db = test.database;
  const many = Array.from({ length: 300 }, (_, i) => `big_${i}`);
  await storeDag(db, "big", sideBySide(...many), { maxActiveTasks: 2 });
  await storeDag(db, "little", sideBySide("little"));
  const runs = [await startRun(db, "big", new Date("2020-01-01")), await startRun(db, "little")];
  await queueAll(db, runs, 0);
  const { tasks } = await queueTasks(db, [], 10);
  t.is(tasks.length, 3);
  t.true(tasks.some((task) => task.taskId === "little"));
});

test("maxActiveTisPerDag and maxActiveTisPerDagrun limit one task over runs", async (t) => {
  await using test = await createTestDatabase();
  const db = test.database;
  await storeDag(db, "a", (dag) => dag.task("once", async () => 1, { maxActiveTisPerDag: 1 })());
  await storeDag(db, "b", (dag) => dag.task("each", async () => 1, { maxActiveTisPerDagrun: 1 })());
  const runs = [];
  for (const dagId of ["a", "a", "b", "b"]) runs.push(await startRun(db, dagId, new Date(2024, 0, runs.length + 1)));
  t.deepEqual(await queueAll(db, runs), ["each", "each", "once"]);
});

test("nothing of a paused DAG is queued", async (t) => {
  await using test = await createTestDatabase();
  const db = test.database;
  await storeDag(db, "a", sideBySide("t1", "t2"));
  const run = await startRun(db, "a");
  await setDagPaused(db, "a", true);
  t.deepEqual(await queueAll(db, [run]), []);
  await setDagPaused(db, "a", false);
  t.deepEqual(await queueAll(db, [run]), ["t1", "t2"]);
});

test("two schedulers that queue at once stay within the limits, and each try is given to one of them", async (t) => {
  await using test = await createTestDatabase();
  const db = test.database;
  await storeDag(db, "a", sideBySide(...Array.from({ length: 40 }, (_, i) => `t${i}`)), { maxActiveTasks: 7 });
  const run = await startRun(db, "a");
  const ready = Array.from({ length: 40 }, (_, i) => ({ dagRunId: run, taskId: `t${i}`, mapIndex: -1 }));
  const outcomes = await Promise.all(Array.from({ length: 8 }, () => queueTasks(db, ready, 100)));
  const given = outcomes.flatMap(({ tasks }) => tasks.filter((task) => task.ours && task.state === "queued"));
  t.is(given.length, 7);
  t.is(new Set(given.map((task) => task.id)).size, 7);
  t.is((await queued(db)).length, 7);
  // Whoever came second learns the state that the first one gave.
  t.true(
    outcomes.every(({ tasks }) => tasks.filter((task) => task.taskId === given[0]!.taskId)[0]?.state === "queued"),
  );
});

test("a due retry gets a fresh id, and its old try goes to the history", async (t) => {
  await using test = await createTestDatabase();
  const db = test.database;
  await storeDag(db, "a", (dag) => dag.task("t", async () => 1, { retries: 1 })());
  const run = await startRun(db, "a");
  await queueAll(db, [run]);
  const [first] = await listWaitingTries(db, -1, 10);
  await db.query(
    "update task_instance set state = 'up_for_retry', start_date = now(), end_date = now(), due_at = now() + interval '1 hour'",
  );
  t.is((await queueTasks(db, [], 100)).tasks.length, 0);
  await db.query("update task_instance set due_at = now()");
  const { tasks } = await queueTasks(db, [], 100);
  t.is(tasks.length, 1);
  t.not(tasks[0]!.id, first!.id);
  const { rows } = await db.query("select id, state, try_number, start_date, due_at from task_instance");
  t.deepEqual(rows, [{ id: tasks[0]!.id, state: "queued", try_number: 2, start_date: null, due_at: null }]);
  const { rows: history } = await db.query("select id, state, try_number from task_instance_history");
  t.deepEqual(history, [{ id: first!.id, state: "failed", try_number: 1 }]);
});

test("runs start oldest first, as many as max_active_runs allows, however many ask", async (t) => {
  await using test = await createTestDatabase();
  const db = test.database;
  await storeDag(db, "a", sideBySide("t"), { maxActiveRuns: 2 });
  await setDagPaused(db, "a", true);
  for (let day = 1; day <= 5; day++) await startRun(db, "a", new Date(2024, 0, day));
  t.deepEqual(await startQueuedRuns(db, null), []);
  await setDagPaused(db, "a", false);
  const started = (await Promise.all(Array.from({ length: 6 }, () => startQueuedRuns(db, null)))).flat();
  t.is(started.length, 2);
  const { rows } = await db.query("select logical_date from dag_run where state = 'running' order by logical_date");
  t.deepEqual(
    rows.map((row) => row.logical_date.getTime()),
    [new Date(2024, 0, 1).getTime(), new Date(2024, 0, 2).getTime()],
  );
});
