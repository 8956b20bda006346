import test from "ava";
import { cancelBackfill, completeBackfills, findBackfill, setBackfillPaused } from "#core/database/backfills.ts";
import { type Database, transaction } from "#core/database/connect.ts";
import { createBackfill, type NewBackfill } from "#core/database/create-backfill.ts";
import { createManualRun } from "#core/database/create-dag-run.ts";
import { startQueuedRuns } from "#core/database/dag-runs.ts";
import { deleteDag } from "#core/database/delete-dag.ts";
import { planBackfill } from "#core/database/plan-backfill.ts";
import { type DagSpec, param } from "#sdk/index.ts";
import { createTestDatabase } from "#test/helpers/database.ts";
import { sideBySide, storeDag } from "./dag-fixture.ts";

const day = (number: number) => new Date(Date.UTC(2024, 0, number));
const RANGE: NewBackfill = { dagId: "a", from: day(1), to: day(4) };
const DAILY: DagSpec = { schedule: "@daily", startDate: day(1) };

/** The days of the runs that are in a state, in the order in which they started. */
async function daysOf(db: Database, state: string): Promise<number[]> {
  const { rows } = await db.query<{ logical_date: Date }>(
    "select logical_date from dag_run where state = $1 order by start_date, logical_date",
    [state],
  );
  return rows.map((row) => row.logical_date.getUTCDate());
}

/** The runs of a backfill's dates, or the reasons why they have none, in its order. */
async function listBackfillRuns(db: Database, id: number) {
  const { rows } = await db.query<{ run_id: string | null; state: string | null; exception_reason: string | null }>(
    `select r.run_id, r.state, b.exception_reason
       from backfill_dag_run b left join dag_run r on r.id = b.dag_run_id
      where b.backfill_id = $1 order by b.sort_ordinal`,
    [id],
  );
  return rows;
}

test("a backfill has a queued run for each date of the schedule, under the ids and types of backfills", async (t) => {
  await using test = await createTestDatabase();
  const db = test.database;
  await storeDag(db, "a", sideBySide("t"), DAILY);
  const backfill = await createBackfill(db, { ...RANGE, conf: { x: 1 }, maxActiveRuns: 3, triggeringUserName: "me" });
  t.like(backfill, {
    dag_id: "a",
    dag_run_conf: { x: 1 },
    max_active_runs: 3,
    is_paused: false,
    runs: 4,
    ended_runs: 0,
  });
  const { rows } = await db.query(
    "select run_id, run_type, triggered_by, state, conf, backfill_id from dag_run order by id",
  );
  t.is(rows.length, 4);
  t.deepEqual(rows[0], {
    run_id: "backfill__2024-01-01T00:00:00+00:00",
    run_type: "backfill",
    triggered_by: "backfill",
    state: "queued",
    conf: { x: 1 },
    backfill_id: backfill.id,
  });
  const { rows: tasks } = await db.query("select count(*)::int as tasks from task_instance");
  t.is(tasks[0].tasks, 4);
});

test("dates that have a run already get none, and the backfill says why", async (t) => {
  await using test = await createTestDatabase();
  const db = test.database;
  await storeDag(db, "a", sideBySide("t"), DAILY);
  const ended = await createManualRun(db, { dagId: "a", logicalDate: day(2), triggeredBy: "test" });
  await db.query("update dag_run set state = 'failed' where id = $1", [ended.id]);
  await createManualRun(db, { dagId: "a", logicalDate: day(3), triggeredBy: "test" });
  const { runs } = await planBackfill(db, RANGE);
  t.deepEqual(
    runs.map(({ refusal }) => refusal),
    [undefined, "already exists", "in flight", undefined],
  );
  const { id } = await createBackfill(db, RANGE);
  const dates = await listBackfillRuns(db, id);
  t.deepEqual(
    dates.map((date) => [date.run_id, date.exception_reason]),
    [
      ["backfill__2024-01-01T00:00:00+00:00", null],
      [null, "already exists"],
      [null, "in flight"],
      ["backfill__2024-01-04T00:00:00+00:00", null],
    ],
  );
});

const REPROCESSED: readonly (readonly [reprocess: "none" | "failed" | "completed", again: readonly number[]])[] = [
  ["none", []],
  ["failed", [2]],
  ["completed", [1, 2]],
];

for (const [reprocess, again] of REPROCESSED) {
  test(`reprocess behaviour ${reprocess} runs ${again.length} of two ended runs again`, async (t) => {
    await using test = await createTestDatabase();
    const db = test.database;
    await storeDag(db, "a", sideBySide("t"), DAILY);
    for (const [number, state] of [
      [1, "success"],
      [2, "failed"],
      [3, null],
    ] as const) {
      const { id } = await createManualRun(db, {
        dagId: "a",
        logicalDate: day(number),
        conf: { own: 1 },
        triggeredBy: "test",
      });
      if (state === null) continue;
      await db.query("update dag_run set state = $2 where id = $1", [id, state]);
      await db.query("update task_instance set state = $2, try_number = 1 where dag_run_id = $1", [id, state]);
    }
    await storeDag(db, "a", sideBySide("t", "new"), DAILY);
    const { id } = await createBackfill(db, { ...RANGE, reprocess });
    const { rows } = await db.query<{ day: number; run_type: string; conf: unknown; tasks: number; version: number }>(
      `select extract(day from logical_date at time zone 'utc')::int as day, run_type, conf, v.version_number as version,
              (select count(*)::int from task_instance ti where ti.dag_run_id = r.id and ti.state is null) as tasks
         from dag_run r join dag_version v on v.id = r.dag_version_id
        where backfill_id = $1 and state = 'queued' order by logical_date`,
      [id],
    );
    const fresh = { run_type: "backfill", tasks: 2, version: 2 };
    t.deepEqual(rows, [
      ...again.map((number) => ({ ...fresh, day: number, conf: { own: 1 } })),
      { ...fresh, day: 4, conf: {} },
    ]);
    const dates = await listBackfillRuns(db, id);
    const reasons = [1, 2].map((number) => (again.includes(number) ? null : "already exists"));
    t.deepEqual(
      dates.map((date) => date.exception_reason),
      [...reasons, "in flight", null],
    );
  });
}

test("tasks that depend on past runs can be backfilled when runs that have ended are run again", async (t) => {
  await using test = await createTestDatabase();
  await storeDag(test.database, "a", (dag) => dag.task("t", async () => 1, { dependsOnPast: true })(), DAILY);
  t.is((await createBackfill(test.database, { ...RANGE, reprocess: "failed" })).runs, 4);
});

interface Refused {
  readonly title: string;
  readonly spec?: DagSpec;
  readonly wish?: Partial<NewBackfill>;
  readonly dependsOnPast?: boolean;
  readonly message: RegExp;
}

const REFUSED: readonly Refused[] = [
  { title: "an unknown DAG", wish: { dagId: "b" }, message: /^Dag id b not found$/ },
  {
    title: "a DAG without a schedule",
    spec: { schedule: null },
    message: /^a has a non-periodic schedule that does not support backfills$/,
  },
  {
    title: "an inverted range",
    wish: { from: day(2), to: day(1) },
    message: /^from_date \(2024-01-02.*\) must not be after to_date \(2024-01-01.*\)\.$/,
  },
  {
    title: "a range in the future",
    wish: { from: new Date("2999-01-01"), to: new Date("2999-01-02") },
    message: /^Backfill cannot be executed for future dates\.$/,
  },
  {
    title: "a range without a date of the schedule",
    wish: { from: new Date("2024-01-01T01:00Z"), to: new Date("2024-01-01T02:00Z") },
    message: /^No runs to create for Dag a$/,
  },
  {
    title: "a range of too many dates",
    spec: { schedule: "* * * * * *" },
    message: /^The range has more than 10000 runs of Dag a; take it in several backfills$/,
  },
  {
    title: "a conf that does not fit the DAG's params",
    spec: { params: { rows: param(1, { type: "integer" }) } },
    wish: { conf: { rows: "many" } },
    message: /^Invalid input for param rows: 'many' is not of type 'integer'/,
  },
  {
    title: "a backwards backfill of tasks that depend on past runs",
    dependsOnPast: true,
    wish: { runBackwards: true, reprocess: "completed" },
    message: /^Backfill cannot be run in reverse when the Dag has tasks where depends_on_past=True or /,
  },
  {
    title: "a backfill of tasks that depend on past runs that runs nothing again",
    dependsOnPast: true,
    message: /You must set reprocess behavior to reprocess completed or reprocess failed\.$/,
  },
];

for (const { title, spec, wish, dependsOnPast = false, message } of REFUSED) {
  test(`${title} is refused`, async (t) => {
    await using test = await createTestDatabase();
    const db = test.database;
    await storeDag(db, "a", (dag) => dag.task("t", async () => 1, { dependsOnPast })(), { ...DAILY, ...spec });
    await t.throwsAsync(createBackfill(db, { ...RANGE, ...wish }), { message });
    // That no date has a run is no mistake of a dry run.
    if (!message.source.includes("No runs")) await t.throwsAsync(planBackfill(db, { ...RANGE, ...wish }), { message });
    const { rows } = await db.query("select count(*)::int as backfills from backfill");
    t.is(rows[0].backfills, 0);
  });
}

test("of many backfills that are asked for at once a DAG gets one", async (t) => {
  await using test = await createTestDatabase();
  const db = test.database;
  await storeDag(db, "a", sideBySide("t"), DAILY);
  const results = await Promise.allSettled(Array.from({ length: 8 }, () => createBackfill(db, RANGE)));
  t.is(results.filter((result) => result.status === "fulfilled").length, 1);
  const refusal = results.find((result) => result.status === "rejected")!;
  t.is(
    refusal.reason.message,
    "Another backfill is running for Dag a. There can be only one running backfill per Dag.",
  );
});

for (const runBackwards of [false, true]) {
  test(`runs start ${runBackwards ? "latest" : "oldest"} first, as many as the backfill allows and beside the DAG's own`, async (t) => {
    await using test = await createTestDatabase();
    const db = test.database;
    await storeDag(db, "a", sideBySide("t"), { ...DAILY, maxActiveRuns: 1 });
    for (const number of [10, 11]) {
      await createManualRun(db, { dagId: "a", logicalDate: day(number), triggeredBy: "test" });
    }
    await createBackfill(db, { ...RANGE, runBackwards, maxActiveRuns: 2 });
    await startQueuedRuns(db, ["a"]);
    t.deepEqual((await daysOf(db, "running")).toSorted(), [10, ...(runBackwards ? [3, 4] : [1, 2])].toSorted());
    t.is((await startQueuedRuns(db, null)).length, 0);
    const first = runBackwards ? day(4) : day(1);
    await db.query("update dag_run set state = 'success' where logical_date = $1", [first]);
    await startQueuedRuns(db, null);
    t.true((await daysOf(db, "running")).includes(runBackwards ? 2 : 3));
  });
}

test("a paused DAG or backfill starts nothing", async (t) => {
  await using test = await createTestDatabase();
  const db = test.database;
  await storeDag(db, "a", sideBySide("t"), DAILY);
  const { id } = await createBackfill(db, { ...RANGE, maxActiveRuns: 1 });
  await db.query("update dag set is_paused = true");
  t.is((await startQueuedRuns(db, null)).length, 0);
  await db.query("update dag set is_paused = false");
  t.true(await setBackfillPaused(db, id, true));
  t.is((await startQueuedRuns(db, null)).length, 0);
  t.true(await setBackfillPaused(db, id, false));
  t.is((await startQueuedRuns(db, null)).length, 1);
});

test("a cancelled backfill is over: queued runs fail, running ones go on, and nothing holds back what is cleared", async (t) => {
  await using test = await createTestDatabase();
  const db = test.database;
  await storeDag(db, "a", sideBySide("t"), DAILY);
  const { id } = await createBackfill(db, { ...RANGE, maxActiveRuns: 1 });
  await startQueuedRuns(db, null);
  t.true(await cancelBackfill(db, id));
  t.deepEqual(await daysOf(db, "running"), [1]);
  t.deepEqual(await daysOf(db, "failed"), [2, 3, 4]);
  t.truthy((await findBackfill(db, id))!.completed_at);
  t.false(await cancelBackfill(db, id));
  t.false(await setBackfillPaused(db, id, false));
  await db.query("update dag_run set state = 'success' where logical_date = $1", [day(1)]);
  await db.query("update dag_run set state = 'queued' where logical_date = $1", [day(3)]);
  t.is((await startQueuedRuns(db, null)).length, 1);
  await t.notThrowsAsync(createBackfill(db, { ...RANGE, from: day(6), to: day(7) }));
});

test("a backfill is complete when the last of its runs has ended", async (t) => {
  await using test = await createTestDatabase();
  const db = test.database;
  await storeDag(db, "a", sideBySide("t"), DAILY);
  const { id } = await createBackfill(db, { ...RANGE, to: day(2) });
  await db.query("update dag_run set state = 'success' where logical_date = $1", [day(1)]);
  t.deepEqual(await completeBackfills(db), []);
  await db.query("update dag_run set state = 'failed' where logical_date = $1", [day(2)]);
  t.deepEqual(await completeBackfills(db), [id]);
  t.deepEqual(await completeBackfills(db), []);
  t.like(await findBackfill(db, id), { runs: 2, ended_runs: 2, failed_runs: 1 });
});

test("a DAG that is deleted takes its backfills with it", async (t) => {
  await using test = await createTestDatabase();
  const db = test.database;
  await storeDag(db, "a", sideBySide("t"), DAILY);
  await createBackfill(db, RANGE);
  await db.query("update dag set is_stale = true");
  await transaction(db, (tx) => deleteDag(tx, "a"));
  const { rows } = await db.query(
    "select (select count(*)::int from backfill) as backfills, (select count(*)::int from backfill_dag_run) as dates",
  );
  t.deepEqual(rows, [{ backfills: 0, dates: 0 }]);
});
