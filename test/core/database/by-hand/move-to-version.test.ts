import test from "ava";
import { changeStates } from "#core/database/by-hand/change-states.ts";
import { clearRun } from "#core/database/by-hand/clear-instances.ts";
import { moveToLatestVersion } from "#core/database/by-hand/move-to-version.ts";
import type { Database } from "#core/database/connect.ts";
import { createTestDatabase } from "#test/helpers/database.ts";
import { statesOfRun } from "#test/helpers/run-states.ts";
import { sideBySide, startRun, storeDag } from "../dag-fixture.ts";

async function setStates(db: Database, run: number, states: Record<string, string | null>): Promise<void> {
  for (const [taskId, state] of Object.entries(states)) {
    await db.query("update task_instance set state = $3, try_number = 1 where dag_run_id = $1 and task_id = $2", [
      run,
      taskId,
      state,
    ]);
  }
}

const day = (number: number) => new Date(Date.UTC(2024, 0, number));
const move = (db: Database, run: number) => changeStates(db, (tx) => moveToLatestVersion(tx, [run]));

test("a run that moves gets the new tasks, and what is gone and unfinished is removed", async (t) => {
  await using owner = await createTestDatabase();
  const db = owner.database;
  await storeDag(db, "dag", sideBySide("stays", "done", "waits", "runs"));
  const run = await startRun(db, "dag");
  await setStates(db, run, { stays: "success", done: "success", waits: null, runs: "running" });
  await storeDag(db, "dag", sideBySide("stays", "new"));
  t.deepEqual(await move(db, run), [run]);
  t.deepEqual(await statesOfRun(db, run), {
    stays: "success",
    done: "success",
    waits: "removed",
    runs: "removed",
    new: null,
  });
  t.deepEqual(await move(db, run), [], "and moves once");
});

test("a task that is back is as if nobody had looked at it", async (t) => {
  await using owner = await createTestDatabase();
  const db = owner.database;
  await storeDag(db, "dag", sideBySide("a", "b"));
  const run = await startRun(db, "dag");
  await storeDag(db, "dag", sideBySide("a"));
  await move(db, run);
  t.deepEqual(await statesOfRun(db, run), { a: null, b: "removed" });
  await storeDag(db, "dag", sideBySide("b"));
  await move(db, run);
  t.deepEqual(await statesOfRun(db, run), { a: "removed", b: null });
});

test("of tasks with dates of their own a run gets those whose dates it lies between", async (t) => {
  await using owner = await createTestDatabase();
  const db = owner.database;
  await storeDag(db, "dag", sideBySide("a"));
  const [early, late] = [await startRun(db, "dag", day(1)), await startRun(db, "dag", day(9))];
  await storeDag(db, "dag", (dag) => {
    dag.task("a", async () => undefined)();
    dag.task("from_five", async () => undefined, { startDate: day(5) })();
    dag.task("until_five", async () => undefined, { endDate: day(5) })();
  });
  await changeStates(db, (tx) => moveToLatestVersion(tx, [early, late]));
  t.deepEqual(await statesOfRun(db, early), { a: null, until_five: null });
  t.deepEqual(await statesOfRun(db, late), { a: null, from_five: null });
});

test("what nobody has begun takes the task's new settings", async (t) => {
  await using owner = await createTestDatabase();
  const db = owner.database;
  await storeDag(db, "dag", sideBySide("a", "b"));
  const run = await startRun(db, "dag");
  await setStates(db, run, { b: "success" });
  await storeDag(db, "dag", (dag) => {
    for (const id of ["a", "b"]) dag.task(id, async () => undefined, { retries: 3, queue: "fast" })();
  });
  await move(db, run);
  const { rows } = await db.query("select task_id, max_tries, queue from task_instance order by task_id");
  t.deepEqual(rows, [
    { task_id: "a", max_tries: 3, queue: "fast" },
    { task_id: "b", max_tries: 0, queue: "default" },
  ]);
});

test("a task that is not mapped any more has one instance again, and what it finished stays", async (t) => {
  await using owner = await createTestDatabase();
  const db = owner.database;
  await storeDag(db, "dag", sideBySide("a"));
  const run = await startRun(db, "dag");
  await db.query("update task_instance set map_index = 0, state = 'success'");
  await db.query(
    `insert into task_instance select (jsonb_populate_record(ti, jsonb_build_object('id', gen_random_uuid(), 'map_index', 1,
                                                                                    'state', null))).* from task_instance ti`,
  );
  await storeDag(db, "dag", sideBySide("a", "b"));
  await move(db, run);
  const { rows } = await db.query("select task_id, map_index, state from task_instance order by task_id, map_index");
  t.deepEqual(rows, [
    { task_id: "a", map_index: -1, state: null },
    { task_id: "a", map_index: 0, state: "success" },
    { task_id: "a", map_index: 1, state: "removed" },
    { task_id: "b", map_index: -1, state: null },
  ]);
});

for (const [spec, defaults, follows] of [
  [{}, false, false],
  [{}, true, true],
  [{ disableBundleVersioning: true }, false, true],
  [{ disableBundleVersioning: false }, true, false],
] as const) {
  test(`a running run ${follows ? "follows" : "does not follow"} a DAG ${JSON.stringify(spec)} where the configuration says ${defaults}`, async (t) => {
    await using owner = await createTestDatabase();
    const db = owner.database;
    const file = "dag.ts";
    const settings = {
      isPaused: false,
      maxActiveTasks: 16,
      maxActiveRuns: 16,
      catchup: false,
      disableBundleVersioning: defaults,
    };
    await storeDag(db, "dag", sideBySide("a"), spec, file, settings);
    const run = await startRun(db, "dag");
    const done = await startRun(db, "dag");
    await db.query("update dag_run set state = 'success' where id = $1", [done]);
    await storeDag(db, "dag", sideBySide("a", "b"), spec, file, settings);
    t.deepEqual(await statesOfRun(db, run), follows ? { a: null, b: null } : { a: null });
    t.deepEqual(await statesOfRun(db, done), { a: null });
  });
}

test("a run that is cleared stays with its version, or moves on request", async (t) => {
  await using owner = await createTestDatabase();
  const db = owner.database;
  await storeDag(db, "dag", sideBySide("a", "b"));
  const run = await startRun(db, "dag");
  await setStates(db, run, { a: "success", b: "failed" });
  await db.query("update dag_run set state = 'failed'");
  const { rows } = await db.query<{ run_id: string }>("select run_id from dag_run");
  await storeDag(db, "dag", sideBySide("a", "c"));
  await clearRun(db, "dag", rows[0]!.run_id);
  t.deepEqual(await statesOfRun(db, run), { a: null, b: null });
  await setStates(db, run, { a: "success", b: "failed" });
  await db.query("update task_instance set max_tries = 5 where task_id = 'b'");
  await clearRun(db, "dag", rows[0]!.run_id, { runOnLatestVersion: true });
  t.deepEqual(await statesOfRun(db, run), { a: null, b: "removed", c: null });
  t.is((await db.query("select 1 from task_instance where task_id = 'b' and max_tries = 5")).rowCount, 1);
});
