import test from "ava";
import { type Mark, markInstances } from "#core/database/by-hand/mark-instances.ts";
import { markRun } from "#core/database/by-hand/mark-run.ts";
import type { Database } from "#core/database/connect.ts";
import { createManualRun } from "#core/database/create-dag-run.ts";
import type { Dag } from "#sdk/index.ts";
import { createTestDatabase } from "#test/helpers/database.ts";
import { storeDag } from "../dag-fixture.ts";

/** a → b → c, beside d. */
function declare(dag: Dag): void {
  const [a, b, c] = ["a", "b", "c"].map((id) => dag.task(id, async () => undefined)());
  a!.before(b!);
  b!.before(c!);
  dag.task("d", async () => undefined)();
}

type States = Readonly<Record<string, string | null>>;

/** Runs r1, r2 and r3 of a day each, of which r2 has the given states. */
async function seed(db: Database, states: States, runState = "failed"): Promise<void> {
  await storeDag(db, "dag", declare);
  for (const day of [1, 2, 3]) {
    const logicalDate = new Date(`2024-01-0${day}`);
    await createManualRun(db, { dagId: "dag", runId: `r${day}`, logicalDate, triggeredBy: "test" });
  }
  for (const [taskId, state] of Object.entries(states)) {
    await db.query("update task_instance set state = $2 where run_id = 'r2' and task_id = $1", [taskId, state]);
  }
  await db.query("update dag_run set state = $1, start_date = now() where run_id = 'r2'", [runState]);
}

async function read(db: Database): Promise<{ run: string; states: States }> {
  const { rows } = await db.query<{ task_id: string; state: string | null }>(
    "select task_id, state from task_instance where run_id = 'r2' order by task_id",
  );
  const run = (await db.query<{ state: string }>("select state from dag_run where run_id = 'r2'")).rows[0]!.state;
  return { run, states: Object.fromEntries(rows.map((row) => [row.task_id, row.state])) };
}

const BROKEN = { a: "success", b: "failed", c: "upstream_failed", d: "success" };
const MARKS: readonly {
  what: string;
  mark: Mark;
  before: States;
  tasks: readonly string[];
  scope?: { upstream?: boolean; downstream?: boolean };
  changed: readonly string[];
  after: States;
  run: string;
}[] = [
  {
    what: "a failed task marked as success lets what is below run",
    mark: "success",
    before: BROKEN,
    tasks: ["b"],
    changed: ["b"],
    after: { ...BROKEN, b: "success", c: null },
    run: "queued",
  },
  {
    what: "a successful task marked as failed leaves what succeeded below as it is",
    mark: "failed",
    before: { a: "success", b: "success", c: "success", d: "success" },
    tasks: ["b"],
    changed: ["b"],
    after: { a: "success", b: "failed", c: "success", d: "success" },
    run: "failed",
  },
  {
    what: "a task marked as skipped has what failed below judged anew",
    mark: "skipped",
    before: BROKEN,
    tasks: ["b"],
    changed: ["b"],
    after: { ...BROKEN, b: "skipped", c: null },
    run: "queued",
  },
  {
    what: "marking downstream takes all below along",
    mark: "success",
    before: BROKEN,
    tasks: ["b"],
    scope: { downstream: true },
    changed: ["b", "c"],
    after: { a: "success", b: "success", c: "success", d: "success" },
    run: "failed",
  },
  {
    what: "marking upstream takes all above along",
    mark: "failed",
    before: BROKEN,
    tasks: ["b"],
    scope: { upstream: true },
    changed: ["a"],
    after: { ...BROKEN, a: "failed", c: null },
    run: "queued",
  },
  {
    what: "a task in that state already changes nothing",
    mark: "success",
    before: { a: "success", b: null, c: null, d: null },
    tasks: ["a"],
    changed: [],
    after: { a: "success", b: null, c: null, d: null },
    run: "failed",
  },
];

for (const { what, mark, before, tasks, scope, changed, after, run } of MARKS) {
  test(what, async (t) => {
    await using owner = await createTestDatabase();
    const db = owner.database;
    await seed(db, before);
    const choice = { dagId: "dag", runs: { runId: "r2" }, tasks, ...scope };
    const names = (marked: readonly { taskId: string }[]) => marked.map(({ taskId }) => taskId);
    t.deepEqual(names(await markInstances(db, choice, mark, { dryRun: true })), changed);
    t.deepEqual((await read(db)).states, before);
    t.deepEqual(names(await markInstances(db, choice, mark)), changed);
    t.deepEqual(await read(db), { run, states: after });
  });
}

test("a mark reaches earlier and later runs", async (t) => {
  await using owner = await createTestDatabase();
  const db = owner.database;
  await seed(db, {});
  const mark = async (scope: object) =>
    (
      await markInstances(db, { dagId: "dag", runs: { runId: "r2", ...scope }, tasks: ["d"] }, "success", {
        dryRun: true,
      })
    ).map(({ runId }) => runId);
  t.deepEqual(await mark({}), ["r2"]);
  t.deepEqual(await mark({ past: true }), ["r1", "r2"]);
  t.deepEqual(await mark({ future: true }), ["r2", "r3"]);
  t.deepEqual(await mark({ past: true, future: true }), ["r1", "r2", "r3"]);
});

for (const state of [
  "running",
  "queued",
  "scheduled",
  "restarting",
  "up_for_retry",
  "up_for_reschedule",
  "deferred",
  "upstream_failed",
  null,
]) {
  for (const mark of ["success", "failed", "skipped"] as const) {
    test(`a task instance that is ${state} can be marked as ${mark}`, async (t) => {
      // Only a worker's own outcome skips what runs.
      await using owner = await createTestDatabase();
      const db = owner.database;
      await seed(db, { d: state }, "running");
      await markInstances(db, { dagId: "dag", runs: { runId: "r2" }, tasks: ["d"] }, mark);
      t.is((await read(db)).states.d, mark);
    });
  }
}

const MIXED = { a: "running", b: "up_for_retry", c: null, d: "success" };
const RUN_MARKS = [
  {
    mark: "failed",
    before: MIXED,
    runState: "running",
    after: { a: "failed", b: "skipped", c: "skipped", d: "success" },
    changed: ["a", "b", "c"],
  },
  {
    mark: "failed",
    before: { a: "deferred", b: "up_for_reschedule", c: "queued", d: "scheduled" },
    runState: "running",
    after: { a: "failed", b: "failed", c: "skipped", d: "skipped" },
    changed: ["a", "b", "c", "d"],
  },
  {
    mark: "success",
    before: { ...MIXED, c: "failed" },
    runState: "failed",
    after: { a: "success", b: "success", c: "success", d: "success" },
    changed: ["a", "b", "c"],
  },
  { mark: "queued", before: BROKEN, runState: "failed", after: BROKEN, changed: [] },
  { mark: "failed", before: BROKEN, runState: "success", after: BROKEN, changed: [] },
] as const;

for (const { mark, before, runState, after, changed } of RUN_MARKS) {
  test(`a ${runState} run with ${Object.values(before).join(", ")} that is marked as ${mark}`, async (t) => {
    await using owner = await createTestDatabase();
    const db = owner.database;
    await seed(db, before, runState);
    const names = (marked: readonly { taskId: string }[]) => marked.map(({ taskId }) => taskId);
    t.deepEqual(names(await markRun(db, "dag", "r2", mark, { dryRun: true })), changed);
    t.deepEqual(names(await markRun(db, "dag", "r2", mark)), changed);
    t.deepEqual(await read(db), { run: mark, states: after });
    const { rows } = await db.query<{ ended: boolean }>(
      "select end_date is not null as ended from dag_run where run_id = 'r2'",
    );
    t.is(rows[0]!.ended, mark !== "queued");
  });
}

test("a mark tells the schedulers to read the run again", async (t) => {
  await using owner = await createTestDatabase();
  const db = owner.database;
  await seed(db, {}, "running");
  const client = await db.connect();
  const heard: string[] = [];
  client.on("notification", ({ channel, payload }) => heard.push(`${channel} ${payload}`));
  await client.query("listen daisy_run; listen daisy_view");
  await markInstances(db, { dagId: "dag", runs: { runId: "r2" }, tasks: ["a"] }, "success");
  await client.query("select 1");
  client.release(true);
  t.deepEqual(
    heard.map((line) => line.split(" ")[0]),
    ["daisy_run", "daisy_view"],
  );
  t.false(heard.some((line) => line.includes("tasks")));
});
