import test from "ava";
import { clearInstances, clearRun } from "#core/database/by-hand/clear-instances.ts";
import { connect, type Database, transaction } from "#core/database/connect.ts";
import { createManualRun } from "#core/database/create-dag-run.ts";
import { startQueuedRuns } from "#core/database/dag-runs.ts";
import { expandTasks } from "#core/database/expand-tasks.ts";
import { queueTasks } from "#core/database/ready-tasks.ts";
import { uuid7 } from "#core/uuid7.ts";
import type { Dag } from "#sdk/index.ts";
import { createTestDatabase } from "#test/helpers/database.ts";
import { until } from "#test/helpers/until.ts";
import { sideBySide, startRun, storeDag } from "../dag-fixture.ts";

interface Row {
  id: string;
  task_id: string;
  state: string | null;
  try_number: number;
  max_tries: number;
  start_date: Date | null;
  due_at: Date | null;
  lost_tries: number;
}

/** a → b → c, where b has two retries, beside d. */
function declare(dag: Dag): void {
  const work = async () => undefined;
  const [a, b, c] = [dag.task("a", work)(), dag.task("b", work, { retries: 2 })(), dag.task("c", work)()];
  a.before(b);
  b.before(c);
  dag.task("d", work)();
}

async function setState(db: Database, runId: number, taskId: string, state: string | null, tryNumber = 1) {
  await db.query(
    `update task_instance set state = $3, try_number = $4, due_at = now(), lost_tries = 1,
            start_date = case when $3 not in ('scheduled', 'queued') then now() end
      where dag_run_id = $1 and task_id = $2`,
    [runId, taskId, state, tryNumber],
  );
}

async function rowOf(db: Database, runId: number, taskId: string): Promise<Row> {
  const { rows } = await db.query<Row>("select * from task_instance where dag_run_id = $1 and task_id = $2", [
    runId,
    taskId,
  ]);
  return rows[0]!;
}

async function runIdOf(db: Database, id: number): Promise<string> {
  return (await db.query<{ run_id: string }>("select run_id from dag_run where id = $1", [id])).rows[0]!.run_id;
}

const CLEARED = [
  // state and try before; state, try and max_tries after (b has 2 retries); state of the history's new row
  { state: "success", tryNumber: 1, after: null, tryAfter: 1, maxTries: 3, kept: "success" },
  { state: "failed", tryNumber: 3, after: null, tryAfter: 3, maxTries: 5, kept: "failed" },
  { state: "skipped", tryNumber: 1, after: null, tryAfter: 1, maxTries: 3, kept: "skipped" },
  { state: "skipped", tryNumber: 0, after: null, tryAfter: 0, maxTries: 2, kept: null },
  { state: "upstream_failed", tryNumber: 0, after: null, tryAfter: 0, maxTries: 2, kept: null },
  { state: "up_for_retry", tryNumber: 2, after: null, tryAfter: 2, maxTries: 4, kept: "failed" },
  { state: "up_for_reschedule", tryNumber: 1, after: null, tryAfter: 1, maxTries: 3, kept: "failed" },
  { state: "deferred", tryNumber: 1, after: null, tryAfter: 1, maxTries: 3, kept: "failed" },
  { state: "scheduled", tryNumber: 0, after: null, tryAfter: 0, maxTries: 2, kept: null },
  // The try that was queued has not begun: its number is given again.
  { state: "queued", tryNumber: 2, after: null, tryAfter: 1, maxTries: 3, kept: null },
  { state: null, tryNumber: 0, after: null, tryAfter: 0, maxTries: 2, kept: null },
  { state: "running", tryNumber: 2, after: "restarting", tryAfter: 2, maxTries: 4, kept: null },
  { state: "restarting", tryNumber: 2, after: "restarting", tryAfter: 2, maxTries: 4, kept: null },
] as const;

for (const { state, tryNumber, after, tryAfter, maxTries, kept } of CLEARED) {
  test(`a task instance that is ${state} in try ${tryNumber} is ${after} after a clear, with ${maxTries - tryAfter} retries left`, async (t) => {
    await using owner = await createTestDatabase();
    const db = owner.database;
    await storeDag(db, "d", declare);
    const run = await startRun(db, "d");
    await setState(db, run, "b", state, tryNumber);
    const before = await rowOf(db, run, "b");
    const cleared = await clearInstances(db, { dagId: "d", runs: { runId: await runIdOf(db, run) }, tasks: ["b"] });
    t.deepEqual(
      cleared.map((instance) => [instance.taskId, instance.state]),
      [["b", state]],
    );
    const now = await rowOf(db, run, "b");
    t.like(now, { state: after, try_number: tryAfter, max_tries: maxTries });
    t.is(now.id === before.id, after === "restarting");
    if (after === null) t.like(now, { start_date: null, due_at: null, lost_tries: 0 });
    const { rows: history } = await db.query("select id, state, try_number from task_instance_history");
    t.deepEqual(history, kept === null ? [] : [{ id: before.id, state: kept, try_number: tryNumber }]);
  });
}

test("what a cleared task waited for is forgotten", async (t) => {
  await using owner = await createTestDatabase();
  const db = owner.database;
  await storeDag(db, "d", declare);
  const run = await startRun(db, "d");
  await setState(db, run, "b", "deferred");
  await db.query(
    `update task_instance set waiting_since = now(), next_method = 'go_on', next_kwargs = '{}', trigger_kind = 'time',
            trigger_kwargs = '{}', trigger_timeout = now() where task_id = 'b'`,
  );
  await clearInstances(db, { dagId: "d", runs: { runId: await runIdOf(db, run) }, tasks: ["b"] });
  const forgotten = { waiting_since: null, next_method: null, trigger_kind: null, trigger_timeout: null };
  t.like(await rowOf(db, run, "b"), { state: null, ...forgotten } as Partial<Row>);
});

test("a try goes to the history once, however often its task is cleared", async (t) => {
  await using owner = await createTestDatabase();
  const db = owner.database;
  await storeDag(db, "d", declare);
  const run = await startRun(db, "d");
  const runId = await runIdOf(db, run);
  await setState(db, run, "b", "success");
  await clearInstances(db, { dagId: "d", runs: { runId }, tasks: ["b"] });
  await clearInstances(db, { dagId: "d", runs: { runId }, tasks: ["b"] });
  await setState(db, run, "b", "skipped", 1);
  await clearInstances(db, { dagId: "d", runs: { runId }, tasks: ["b"] });
  const { rows } = await db.query("select state, try_number from task_instance_history");
  t.deepEqual(rows, [{ state: "success", try_number: 1 }]);
});

for (const [state, after] of [
  ["success", { state: "queued", clear_number: 1, start_date: null, end_date: null }],
  ["failed", { state: "queued", clear_number: 1, start_date: null, end_date: null }],
  ["running", { state: "running", clear_number: 0 }],
  ["queued", { state: "queued", clear_number: 0 }],
] as const) {
  test(`a clear leaves a ${state} run ${after.state}`, async (t) => {
    await using owner = await createTestDatabase();
    const db = owner.database;
    await storeDag(db, "d", declare);
    const run = await startRun(db, "d");
    await db.query("update dag_run set state = $2, end_date = now() where id = $1", [run, state]);
    t.is((await clearRun(db, "d", await runIdOf(db, run))).length, 4);
    const { rows } = await db.query<Record<string, unknown>>("select * from dag_run where id = $1", [run]);
    t.like(rows[0]!, after);
  });
}

test("without resetting runs a finished run stays finished", async (t) => {
  await using owner = await createTestDatabase();
  const db = owner.database;
  await storeDag(db, "d", declare);
  const run = await startRun(db, "d");
  await db.query("update dag_run set state = 'failed'");
  await clearRun(db, "d", await runIdOf(db, run), { resetRuns: false });
  t.deepEqual((await db.query("select state, clear_number from dag_run")).rows, [{ state: "failed", clear_number: 0 }]);
});

test("a dry run says the same and changes nothing", async (t) => {
  await using owner = await createTestDatabase();
  const db = owner.database;
  await storeDag(db, "d", declare);
  const run = await startRun(db, "d");
  await setState(db, run, "a", "success");
  const choice = { dagId: "d", runs: { runId: await runIdOf(db, run) }, tasks: ["a"], downstream: true };
  const said = await clearInstances(db, choice, { dryRun: true });
  t.is((await rowOf(db, run, "a")).state, "success");
  t.deepEqual(await clearInstances(db, choice), said);
  t.is((await rowOf(db, run, "a")).state, null);
});

test("what runs is left alone on request", async (t) => {
  await using owner = await createTestDatabase();
  const db = owner.database;
  await storeDag(db, "d", declare);
  const run = await startRun(db, "d");
  const runId = await runIdOf(db, run);
  await setState(db, run, "a", "running");
  await t.throwsAsync(clearRun(db, "d", runId, { refuseRunning: true }), { code: "CLEARS_RUNNING_TASK" });
  t.is((await rowOf(db, run, "a")).state, "running");
});

const DAYS = ["2024-01-01", "2024-01-02", "2024-01-03"] as const;
const SELECTIONS = [
  { what: "one run", runs: { runId: "r2" }, tasks: ["a"], chosen: ["r2 a"] },
  { what: "future runs", runs: { runId: "r2", future: true }, tasks: ["a"], chosen: ["r2 a", "r3 a"] },
  { what: "past runs", runs: { runId: "r2", past: true }, tasks: ["a"], chosen: ["r1 a", "r2 a"] },
  {
    what: "all runs around one",
    runs: { runId: "r2", past: true, future: true },
    tasks: ["d"],
    chosen: ["r1 d", "r2 d", "r3 d"],
  },
  { what: "runs from a date", runs: { from: new Date(DAYS[1]) }, tasks: ["d"], chosen: ["r2 d", "r3 d"] },
  { what: "runs up to a date", runs: { to: new Date(DAYS[1]) }, tasks: ["d"], chosen: ["r1 d", "r2 d"] },
  { what: "downstream tasks", runs: { runId: "r1" }, tasks: ["b"], downstream: true, chosen: ["r1 b", "r1 c"] },
  { what: "upstream tasks", runs: { runId: "r1" }, tasks: ["b"], upstream: true, chosen: ["r1 a", "r1 b"] },
  { what: "all tasks", runs: { runId: "r1" }, chosen: ["r1 a", "r1 b", "r1 c", "r1 d"] },
  { what: "a task that is not there", runs: { runId: "r1" }, tasks: ["x"], chosen: [] },
  { what: "only failed ones", runs: {}, onlyFailed: true, chosen: ["r1 b", "r1 c"] },
  { what: "only running ones", runs: {}, onlyRunning: true, chosen: ["r3 a"] },
  { what: "failed or running ones", runs: {}, onlyFailed: true, onlyRunning: true, chosen: ["r1 b", "r1 c", "r3 a"] },
  { what: "no run", runs: { from: new Date("2030-01-01") }, chosen: [] },
] as const;

for (const { what, chosen, ...choice } of SELECTIONS) {
  test(`a clear chooses ${what}`, async (t) => {
    await using owner = await createTestDatabase();
    const db = owner.database;
    await storeDag(db, "d", declare);
    for (const [index, day] of DAYS.entries()) {
      const runId = `r${index + 1}`;
      await createManualRun(db, { dagId: "d", runId, logicalDate: new Date(day), triggeredBy: "test" });
    }
    await db.query("update task_instance set state = 'failed' where run_id = 'r1' and task_id = 'b'");
    await db.query("update task_instance set state = 'upstream_failed' where run_id = 'r1' and task_id = 'c'");
    await db.query("update task_instance set state = 'running' where run_id = 'r3' and task_id = 'a'");
    const said = await clearInstances(db, { dagId: "d", ...choice }, { dryRun: true });
    t.deepEqual(
      said.map(({ runId, taskId }) => `${runId} ${taskId}`),
      chosen,
    );
  });
}

test("single instances of a mapped task are chosen by their indexes", async (t) => {
  await using owner = await createTestDatabase();
  const db = owner.database;
  await storeDag(db, "d", declare);
  await createManualRun(db, { dagId: "d", runId: "r", triggeredBy: "test" });
  await db.query("update task_instance set map_index = 0 where task_id = 'b'");
  for (const index of [1, 2]) {
    await db.query(
      `insert into task_instance select (jsonb_populate_record(ti, jsonb_build_object('id', $1::uuid, 'map_index', $2::integer))).*
         from task_instance ti where task_id = 'b' and map_index = 0`,
      [uuid7(), index],
    );
  }
  const choose = async (tasks: readonly (string | [string, number])[], downstream = false) =>
    (await clearInstances(db, { dagId: "d", runs: { runId: "r" }, tasks, downstream }, { dryRun: true })).map(
      ({ taskId, mapIndex }) => `${taskId}[${mapIndex}]`,
    );
  t.deepEqual(await choose([["b", 1]]), ["b[1]"]);
  t.deepEqual(
    await choose(
      [
        ["b", 0],
        ["b", 2],
      ],
      true,
    ),
    ["b[0]", "b[2]", "c[-1]"],
  );
  t.deepEqual(await choose(["b"]), ["b[0]", "b[1]", "b[2]"]);
});

test("a run without a logical date has none before or after it", async (t) => {
  await using owner = await createTestDatabase();
  const db = owner.database;
  await storeDag(db, "d", declare);
  await createManualRun(db, { dagId: "d", runId: "r", logicalDate: null, triggeredBy: "test" });
  await t.throwsAsync(clearInstances(db, { dagId: "d", runs: { runId: "r", past: true } }), {
    code: "RUN_WITHOUT_DATE",
  });
  await t.throwsAsync(clearRun(db, "d", "no such run"), { code: "RUN_NOT_FOUND" });
});

/** A statement of somebody waits for a lock. */
const untilSomebodyWaits = (db: Database) =>
  until("somebody waits", async () => {
    const { rowCount } = await db.query(
      "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
    return rowCount! > 0;
  });

/** A connection on which waiting for a lock is an error, after longer than any statement of a test takes. */
const impatient = (url: string) => connect(url, { settings: { lock_timeout: "10s" } });

test("tasks are queued while many runs are cleared, and each run is cleared wholly or not at all", async (t) => {
  await using owner = await createTestDatabase();
  const db = owner.database;
  await storeDag(db, "big", sideBySide(...Array.from({ length: 60 }, (_, index) => `t${index}`)));
  await storeDag(db, "little", sideBySide("x"));
  for (let day = 1; day <= 40; day++) {
    await createManualRun(db, {
      dagId: "big",
      runId: `r${day}`,
      logicalDate: new Date(day * 86_400_000),
      triggeredBy: "test",
    });
  }
  await db.query("update task_instance set state = 'failed', try_number = 1; update dag_run set state = 'failed'");
  const dagRunId = await startRun(db, "little");
  const little = impatient(owner.url);
  const isCleared = `
    select run_id, count(*) filter (where ti.state is null) as cleared from task_instance ti where dag_id = 'big'
     group by run_id having count(*) filter (where ti.state is null) > 0`;

  const cleared = await transaction(db, async (tx) => {
    // Somebody has the last run, so that the clear does not end before the question is answered.
    await tx.query("select from dag_run where run_id = 'r40' for update");
    const clearing = clearInstances(db, { dagId: "big", runs: {} });
    await untilSomebodyWaits(db);
    const { tasks } = await queueTasks(little, [{ dagRunId, taskId: "x", mapIndex: -1 }], 100);
    t.is(tasks[0]!.state, "queued");
    const { rows } = await db.query(isCleared);
    t.true(rows.length > 0 && rows.length < 40 && rows.every((run) => run.cleared === 60), JSON.stringify(rows));
    return { clearing };
  });
  t.is((await cleared.clearing).length, 2_400);
  t.is((await db.query(isCleared)).rows.length, 40);
  await little.end();
});

test("what somebody holds while it is to be queued or started is left to him, and nobody waits for it", async (t) => {
  await using owner = await createTestDatabase();
  const db = owner.database;
  await storeDag(db, "d", declare);
  const dagRunId = await startRun(db, "d");
  await createManualRun(db, { dagId: "d", runId: "waits", triggeredBy: "test" });
  const scheduler = impatient(owner.url);
  const ready = ["a", "d"].map((taskId) => ({ dagRunId, taskId, mapIndex: -1 }));
  const queue = async () => {
    const { tasks } = await queueTasks(scheduler, ready, 100);
    return tasks.map(({ taskId, state, ours }) => `${taskId} ${state} ${ours}`).sort();
  };
  await transaction(db, async (tx) => {
    await tx.query("select from task_instance where dag_run_id = $1 and task_id = 'a' for update", [dagRunId]);
    await tx.query("select from dag_run where run_id = 'waits' for update");
    t.deepEqual(await queue(), ["a null false", "d queued true"]);
    t.deepEqual(await startQueuedRuns(scheduler, ["d"]), []);
  });
  t.deepEqual(await queue(), ["a queued true", "d queued false"]);
  t.is((await startQueuedRuns(scheduler, ["d"])).length, 1);
  await scheduler.end();
});

test("what has left the states that were asked for before its run's turn stays as it is", async (t) => {
  await using owner = await createTestDatabase();
  const db = owner.database;
  await storeDag(db, "d", declare);
  const run = await startRun(db, "d");
  for (const taskId of ["a", "b"]) await setState(db, run, taskId, "failed");
  const clearing = await transaction(db, async (tx) => {
    await tx.query("update task_instance set state = 'success' where dag_run_id = $1 and task_id = 'a'", [run]);
    await tx.query("select from dag_run where id = $1 for update", [run]);
    const clearing = clearRun(db, "d", await runIdOf(db, run), { onlyFailed: true });
    await untilSomebodyWaits(db);
    return { clearing };
  });
  t.deepEqual(
    (await clearing.clearing).map(({ taskId, state }) => [taskId, state]),
    [["b", "failed"]],
  );
  t.is((await rowOf(db, run, "a")).state, "success");
});

test("a mapped task that is expanded before its run's turn is cleared with all its instances", async (t) => {
  await using owner = await createTestDatabase();
  const db = owner.database;
  await storeDag(db, "d", declare);
  const run = await startRun(db, "d");
  const clearing = await transaction(db, async (tx) => {
    await expandTasks(tx, [{ dagRunId: run, taskId: "b", length: 2, retries: 0 }]);
    const clearing = clearInstances(db, { dagId: "d", runs: {}, tasks: ["b"] });
    await untilSomebodyWaits(db);
    return { clearing };
  });
  t.deepEqual(
    (await clearing.clearing).map(({ taskId, mapIndex }) => [taskId, mapIndex]),
    [
      ["b", 0],
      ["b", 1],
    ],
  );
});
