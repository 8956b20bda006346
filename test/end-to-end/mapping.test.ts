import test from "ava";
import { type Bench, startBench } from "#bench/harness.ts";
import { startRun, untilEnded, untilSuccess } from "#bench/runs.ts";
import { statesOfRun } from "#test/helpers/run-states.ts";
import { until } from "#test/helpers/until.ts";

let bench: Bench;
test.before(async () => {
  bench = await startBench();
});
test.after.always(() => bench?.[Symbol.asyncDispose]());

/** The states of a run's task instances, by task and map index: `task[0]`. */
const statesOf = (id: number) => statesOfRun(bench.database, id);

async function resultsOf(id: number, taskId: string): Promise<unknown[]> {
  const { rows } = await bench.database.query<{ value: unknown }>(
    "select value from xcom where dag_run_id = $1 and task_id = $2 and key = 'return_value' order by map_index",
    [id, taskId],
  );
  return rows.map(({ value }) => value);
}

const MAPPED = `
import { concat, Dag, getContext, zip } from "daisy";
const dag = new Dag("mapped");
const list = dag.task("list", async () => [1, 2, 3])();
const odd = dag.task("odd", async ({ n }) => (n % 2 ? n * 10 : null)).expand({ n: list });
const again = dag.task("again", async ({ n }) => n + getContext().mapIndex).expand({ n: odd });
dag.task("all", async ({ odd, again, joined }) => [odd, again, joined])({ odd, again, joined: concat(list, odd.map((n) => -n)) });
dag.task("product", async ({ a, b, c }) => a + b + c).partial({ c: "!" }).expand({ a: ["x", "y"], b: zip(list, odd).map(String) });
const none = dag.task("none", async () => [])();
const over = dag.task("over_none", async ({ n }) => n).expand({ n: none });
dag.task("after_none", async ({ over }) => over, { triggerRule: "all_done" })({ over });
dag.task("large", async ({ n }) => n, { mapIndexTemplate: "{{ n }} of {{ run_id[:6] }}" }).expand({ n: list.filter((n) => n > 2) });
`;

test.serial("mapped tasks run once for each item, and their results are lists for others", async (t) => {
  await bench.writeDag("mapped.ts", MAPPED);
  await bench.untilDags(1);
  const id = await startRun(bench.database, "mapped");
  await untilSuccess(bench.database, [id], 60_000);
  t.deepEqual(await resultsOf(id, "odd"), [10, 30]);
  t.deepEqual(await resultsOf(id, "again"), [10, 31]);
  t.deepEqual(await resultsOf(id, "all"), [
    [
      [10, 30],
      [10, 31],
      [1, 2, 3, -10, -30],
    ],
  ]);
  t.deepEqual(await resultsOf(id, "product"), ["x1,10!", "x2,30!", "y1,10!", "y2,30!"]);
  t.deepEqual(await resultsOf(id, "after_none"), [[]]);
  const { rows } = await bench.database.query(
    "select rendered_map_index as name from task_instance where dag_run_id = $1 and task_id = 'large' order by map_index",
    [id],
  );
  t.deepEqual(rows, [{ name: null }, { name: null }, { name: "3 of manual" }]);
  t.like(await statesOf(id), {
    "odd[0]": "success",
    "odd[2]": "success",
    "again[1]": "success",
    over_none: "skipped",
    "large[0]": "skipped",
    "large[1]": "skipped",
    "large[2]": "success",
  });
});

const GROUP = `
import { Dag } from "daisy";
const dag = new Dag("mapped_group");
const rows = dag.task("rows", async () => [{ a: 1, b: "x" }, { a: 2, b: "y" }])();
const group = dag.taskGroup("g");
const last = group.expandKwargs(rows, (group, { a, b }) => {
  const first = group.task("first", async ({ a }) => (a === 2 ? null : a))({ a });
  return group.task("last", async ({ first, b }) => b + first)({ first, b });
});
dag.task("all", async ({ last }) => last)({ last });
`;

test.serial("tasks of a mapped group meet at the same index", async (t) => {
  await bench.writeDag("mapped_group.ts", GROUP);
  await bench.untilDags(2);
  const id = await startRun(bench.database, "mapped_group");
  await untilSuccess(bench.database, [id], 60_000);
  t.deepEqual(await resultsOf(id, "all"), [["x1", "ynull"]]);
  t.deepEqual(Object.keys(await statesOf(id)), ["all", "g.first[0]", "g.first[1]", "g.last[0]", "g.last[1]", "rows"]);
});

const TORN = `
import { Dag } from "daisy";
const dag = new Dag("torn");
const create = dag.task("create", async () => 1)();
const work = dag.task("work", async () => { throw new Error("no"); })().after(create);
dag.task("remove", async () => 1)().asTeardown({ setups: create }).after(work);
const many = dag.task("too_many", async () => Array(2000).fill(0))();
dag.task("over_many", async ({ n }) => n).expand({ n: many });
`;

test.serial("a teardown runs after failed work; a list that is too long fails the task that returned it", async (t) => {
  await bench.writeDag("torn.ts", TORN);
  await bench.untilDags(3);
  const id = await startRun(bench.database, "torn");
  await untilEnded(bench.database, [id], 60_000);
  t.deepEqual(await statesOf(id), {
    create: "success",
    work: "failed",
    remove: "success",
    too_many: "failed",
    over_many: "upstream_failed",
  });
});

test.serial("a list in the file that is too long is an import error", async (t) => {
  const text = `
import { Dag } from "daisy";
const dag = new Dag("long");
dag.task("over_many", async ({ n }) => n).expand({ n: Array(2000).fill(0) });
`;
  await bench.writeDag("long.ts", text);
  const { stack_trace } = await until("there is an import error", async () => {
    const { rows } = await bench.database.query<{ stack_trace: string }>("select stack_trace from import_error");
    return rows[0];
  });
  t.regex(stack_trace, /task "over_many" of Dag "long" is expanded over a list of 2000, longer than the 1024/);
});
