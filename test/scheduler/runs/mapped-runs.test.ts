import test from "ava";
import { createManualRun } from "#core/database/create-dag-run.ts";
import { expandTasks, findLengths } from "#core/database/expand-tasks.ts";
import type { ClaimedTry, TryOutcome } from "#core/database/tries.ts";
import { createTestDatabase } from "#test/helpers/database.ts";
import { statesOfRun } from "#test/helpers/run-states.ts";
import { startRun, storeSerializedDag } from "../../core/database/dag-fixture.ts";
import { startFakeWorker } from "../fake-worker.ts";
import { startTestScheduler } from "../support.ts";
import { type PlainDag, plainDag } from "./plain-dag.ts";

type Outcomes = (claimed: ClaimedTry) => Partial<Omit<TryOutcome, "id">>;

/** All task instances of a run and their states: `task[2]` for a mapped one. */
interface RunCase {
  readonly title: string;
  readonly dag: PlainDag;
  readonly outcomes?: Outcomes;
  readonly run: "success" | "failed";
  readonly states: Readonly<Record<string, string>>;
}

const OVER_LIST: PlainDag = {
  tasks: [{ id: "list" }, { id: "each", after: ["list"], over: "list" }, { id: "join", after: ["each"] }],
};
const GROUP: PlainDag = {
  tasks: [
    { id: "list" },
    { id: "a", after: ["list"], group: "g" },
    { id: "b", after: ["a"], group: "g" },
    { id: "f", after: ["a"], group: "g", rule: "one_failed" },
    { id: "join", after: ["b", "f"], rule: "all_done" },
  ],
  groups: { g: "list" },
};
const returns =
  (value: unknown): Outcomes =>
  ({ taskId }) =>
    taskId === "list" ? { returnValue: JSON.stringify(value) } : {};

const RUNS: readonly RunCase[] = [
  {
    title: "a task is expanded over a list that another one returns",
    dag: OVER_LIST,
    outcomes: returns(["x", "y", "z"]),
    run: "success",
    states: { list: "success", "each[0]": "success", "each[1]": "success", "each[2]": "success", join: "success" },
  },
  {
    title: "an object is expanded over its entries",
    dag: OVER_LIST,
    outcomes: returns({ x: 1, y: 2 }),
    run: "success",
    states: { list: "success", "each[0]": "success", "each[1]": "success", join: "success" },
  },
  {
    title: "over nothing, a task is skipped",
    dag: OVER_LIST,
    outcomes: returns([]),
    run: "success",
    states: { list: "success", each: "skipped", join: "skipped" },
  },
  {
    title: "when nothing was returned there is nothing to wait for",
    dag: OVER_LIST,
    run: "failed",
    states: { list: "success", each: "upstream_failed", join: "upstream_failed" },
  },
  {
    title: "when the list fails, nothing is expanded",
    dag: OVER_LIST,
    outcomes: ({ taskId }) => (taskId === "list" ? { state: "failed" } : {}),
    run: "failed",
    states: { list: "failed", each: "upstream_failed", join: "upstream_failed" },
  },
  {
    title: "over a mapped task there are as many instances as results",
    dag: {
      tasks: [
        { id: "make", over: 3 },
        { id: "each", after: ["make"], over: "make" },
      ],
    },
    outcomes: ({ taskId, mapIndex }) => (taskId === "make" && mapIndex !== 1 ? { returnValue: "1" } : {}),
    run: "success",
    states: {
      "make[0]": "success",
      "make[1]": "success",
      "make[2]": "success",
      "each[0]": "success",
      "each[1]": "success",
    },
  },
  {
    title: "in a mapped group a failure concerns its own index",
    dag: GROUP,
    outcomes: (claimed) => {
      if (claimed.taskId === "list") return { returnValue: "[1,2]" };
      return claimed.taskId === "a" && claimed.mapIndex === 1 ? { state: "failed" } : {};
    },
    run: "success",
    states: {
      list: "success",
      "a[0]": "success",
      "a[1]": "failed",
      "b[0]": "success",
      "b[1]": "upstream_failed",
      "f[0]": "skipped",
      "f[1]": "success",
      join: "success",
    },
  },
  {
    title: "a mapped group over nothing is skipped as a whole",
    dag: GROUP,
    outcomes: returns([]),
    run: "success",
    states: { list: "success", a: "skipped", b: "skipped", f: "skipped", join: "success" },
  },
  {
    title: "a DAG that fails fast skips what has not started",
    dag: { failFast: true, tasks: [{ id: "bad" }, { id: "slow", after: ["bad"] }, { id: "later", after: ["slow"] }] },
    outcomes: ({ taskId }) => (taskId === "bad" ? { state: "failed" } : {}),
    run: "failed",
    states: { bad: "failed", slow: "skipped", later: "skipped" },
  },
];

for (const { title, dag, outcomes = () => ({}), run, states } of RUNS) {
  test.serial(title, async (t) => {
    await using scheduler = await startTestScheduler();
    const { database } = scheduler;
    await using _ = await startFakeWorker(scheduler.config, database, outcomes);
    await storeSerializedDag(database, plainDag(dag));
    const { id, runId } = await createManualRun(database, { dagId: "d", triggeredBy: "test" });
    await scheduler.until("the run ends", async () => {
      const { rows } = await database.query("select 1 from dag_run where state in ('success', 'failed')");
      return rows.length > 0;
    });
    t.deepEqual(await statesOfRun(database, id), states);
    const { rows } = await database.query("select state from dag_run");
    t.is(rows[0].state, run);
    await scheduler.until("the run's end is logged", async () =>
      scheduler.lines.some((line) => line.includes(`Marking run ${runId} of d ${run}`)),
    );
  });
}

const task = (dagRunId: number, length: number | null) => ({ dagRunId, taskId: "each", length, retries: 0 });

test("an instance that stands for all becomes the first, and two schedulers that expand it at once make each once", async (t) => {
  await using fixture = await createTestDatabase();
  const db = fixture.database;
  await storeSerializedDag(db, plainDag(OVER_LIST));
  const run = await startRun(db, "d");
  const [before] = (await db.query("select id from task_instance where task_id = 'each'")).rows;
  const both = await Promise.all([expandTasks(db, [task(run, 4)]), expandTasks(db, [task(run, 4)])]);
  for (const [expanded] of both) t.is(expanded!.instances.length, 4);
  const { rows } = await db.query("select id, map_index from task_instance where task_id = 'each' order by map_index");
  t.deepEqual(
    rows.map((row) => row.map_index),
    [0, 1, 2, 3],
  );
  t.is(rows[0].id, before.id);
});

test("a rerun with fewer items removes the surplus, with more adds some and takes up what was removed", async (t) => {
  await using fixture = await createTestDatabase();
  const db = fixture.database;
  await storeSerializedDag(db, plainDag(OVER_LIST));
  const run = await startRun(db, "d");
  const statesAfter = async (length: number | null) => {
    await expandTasks(db, [task(run, length)]);
    const { list: _, join: __, ...each } = await statesOfRun(db, run);
    return each;
  };
  t.deepEqual(await statesAfter(2), { "each[0]": null, "each[1]": null });
  await db.query("update task_instance set state = 'success' where task_id = 'each'");
  await db.query(
    "insert into xcom (dag_run_id, task_id, map_index, key, value) values ($1, 'each', 1, 'return_value', '1')",
    [run],
  );
  t.deepEqual(await statesAfter(1), { "each[0]": "success", "each[1]": "removed" });
  t.deepEqual(await findLengths(db, [{ dagRunId: run, taskId: "each", key: "return_value", isMapped: true }]), [0]);
  t.deepEqual(await statesAfter(3), { "each[0]": "success", "each[1]": null, "each[2]": null });
  t.deepEqual(await statesAfter(0), {
    each: "skipped",
    "each[0]": "removed",
    "each[1]": "removed",
    "each[2]": "removed",
  });
  await db.query("update task_instance set state = null where task_id = 'each' and map_index = -1");
  t.deepEqual(await statesAfter(1), { "each[0]": null, "each[1]": "removed", "each[2]": "removed" });
});
