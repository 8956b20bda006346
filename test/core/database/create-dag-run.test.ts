import test from "ava";
import { createDagRun, createManualRun, type NewDagRun } from "#core/database/create-dag-run.ts";
import { createTestDatabase } from "#test/helpers/database.ts";
import { sideBySide, storeDag } from "./dag-fixture.ts";

const DATE = new Date("2024-01-01T00:00:00Z");
const RUN: NewDagRun = {
  dagId: "a",
  runId: "manual__1",
  runType: "manual",
  logicalDate: DATE,
  dataInterval: null,
  runAfter: null,
  triggeredBy: "test",
};

test("a run comes with a task instance for each task of the version it is pinned to", async (t) => {
  await using test = await createTestDatabase();
  const db = test.database;
  await storeDag(db, "a", (dag) => {
    const first = dag.task("first", async () => 1, { retries: 2, pool: "p", poolSlots: 3, priorityWeight: 5 })();
    dag
      .task("second", async () => 2, { queue: "gpu" })()
      .after(first);
  });
  const run = await createManualRun(db, { dagId: "a", logicalDate: DATE, conf: { x: 1 }, triggeredBy: "cli" });
  t.is(run.runId, "manual__2024-01-01T00:00:00+00:00");
  await storeDag(db, "a", sideBySide("other"));
  const { rows: runs } = await db.query(
    `select r.state, r.run_type, r.triggered_by, r.conf, r.queued_at is not null as queued,
            r.dag_version_id = d.dag_version_id as is_latest from dag_run r join dag d using (dag_id)`,
  );
  t.deepEqual(runs, [
    { state: "queued", run_type: "manual", triggered_by: "cli", conf: { x: 1 }, queued: true, is_latest: false },
  ]);
  const { rows: tasks } = await db.query(
    `select task_id, state, try_number, max_tries, operator, pool, pool_slots, queue, priority_weight
       from task_instance order by task_id`,
  );
  const common = { state: null, try_number: 0, operator: "TypeScriptOperator" };
  t.deepEqual(tasks, [
    { ...common, task_id: "first", max_tries: 2, pool: "p", pool_slots: 3, queue: "default", priority_weight: 6 },
    {
      ...common,
      task_id: "second",
      max_tries: 0,
      pool: "default_pool",
      pool_slots: 1,
      queue: "gpu",
      priority_weight: 1,
    },
  ]);
});

const REFUSED: readonly { title: string; run: Partial<NewDagRun>; message: RegExp }[] = [
  { title: "an unknown DAG", run: { dagId: "b" }, message: /^Dag id b not found$/ },
  {
    title: "a run id that is taken",
    run: { logicalDate: null },
    message: /^Run id manual__1 already exists for dag id a$/,
  },
  {
    title: "a logical date that is taken",
    run: { runId: "x" },
    message: /^A Dag Run already exists for dag id a at 2024-01-01T00:00:00\+00:00 with run id manual__1$/,
  },
  {
    title: "a run id that climbs out of a folder",
    run: { runId: "../x" },
    message: /The run id '..\/x' is not allowed/,
  },
  {
    title: "a manual run with a scheduled run's prefix",
    run: { runId: "scheduled__x" },
    message: /reserved for scheduled/,
  },
];

for (const { title, run, message } of REFUSED) {
  test(`${title} is refused`, async (t) => {
    await using test = await createTestDatabase();
    await storeDag(test.database, "a", sideBySide("t"));
    await createDagRun(test.database, RUN);
    await t.throwsAsync(createDagRun(test.database, { ...RUN, ...run }), { message });
    const { rows } = await test.database.query("select count(*)::int as runs from dag_run");
    t.is(rows[0].runs, 1);
  });
}

test("of many that create one run at once exactly one does", async (t) => {
  await using test = await createTestDatabase();
  await storeDag(test.database, "a", sideBySide("t"));
  const results = await Promise.allSettled(Array.from({ length: 20 }, () => createDagRun(test.database, RUN)));
  t.is(results.filter((result) => result.status === "fulfilled").length, 1);
  const { rows } = await test.database.query("select count(*)::int as tasks from task_instance");
  t.is(rows[0].tasks, 1);
});

const DATED: readonly { title: string; run: Partial<NewDagRun>; tasks: readonly string[] }[] = [
  { title: "before its startDate", run: { logicalDate: new Date("2023-12-31T23:59:59Z") }, tasks: ["any"] },
  { title: "on its startDate", run: {}, tasks: ["any", "dated"] },
  { title: "on its endDate", run: { logicalDate: new Date("2024-02-01T00:00:00Z") }, tasks: ["any", "dated"] },
  { title: "after its endDate", run: { logicalDate: new Date("2024-02-01T00:00:01Z") }, tasks: ["any"] },
  { title: "without a logical date", run: { logicalDate: null, runAfter: DATE }, tasks: ["any", "dated"] },
  {
    title: "of a backfill",
    run: { runId: "backfill__1", runType: "backfill", logicalDate: new Date("2023-01-01T00:00:00Z") },
    tasks: ["any", "dated"],
  },
];

for (const { title, run, tasks } of DATED) {
  test(`a run ${title} has ${tasks.length === 2 ? "the" : "no such"} task`, async (t) => {
    await using test = await createTestDatabase();
    const db = test.database;
    await storeDag(db, "a", (dag) => {
      dag.task("any", async () => 1)();
      dag.task("dated", async () => 1, { startDate: DATE, endDate: new Date("2024-02-01T00:00:00Z") })();
    });
    await createDagRun(db, { ...RUN, ...run });
    const { rows } = await db.query("select task_id from task_instance order by task_id");
    t.deepEqual(
      rows.map((row) => row.task_id),
      tasks,
    );
  });
}
