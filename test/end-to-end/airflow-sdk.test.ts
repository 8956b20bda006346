// DAG files as users of Airflow's TypeScript SDK write them, in each kind of file, run as they are.
import test from "ava";
import { type Bench, startBench } from "#bench/harness.ts";
import { startRun, untilEnded } from "#bench/runs.ts";
import { statesOfRun } from "#test/helpers/run-states.ts";

const ETL = `
import { Bundle, Dag, getClient, getContext, withArgNames, TaskHandler } from "apache-airflow-ts-sdk";
import type { TaskRef } from "apache-airflow-ts-sdk";
import { total, type Row } from "./rows.ts";

const dag = new Dag("etl", {
  schedule: "@daily", startDate: new Date("2026-01-01T00:00:00Z"), endDate: new Date("2026-01-02T00:00:00Z"),
  tags: ["etl", "demo"], docMd: "# ETL", maxActiveRuns: 1, dagrunTimeout: 3600, isPausedUponCreation: false,
});

async function extract(): Promise<Row[]> {
  return [{ id: 1, amount: 10 }, { id: 2, amount: 20 }];
}
const rows = dag.task(extract, { retries: 2, retryDelay: 1, executor: "CeleryExecutor" })();
const publish = dag.taskGroup("publish");
const sum: TaskRef<number> = publish.task("sum", async ({ rows, factor }: { rows: Row[]; factor: number }) =>
  total(rows) * factor)({ rows, factor: 3 });
publish.task("report", withArgNames({ amount: "sum" }, async ({ amount }: { amount: number }) =>
  ({ amount, at: getContext().taskId })))({ sum } as never);
const done = dag.task("done", async () => undefined)();
publish.before(done);

const bundle = new Bundle(dag);
bundle.register(new TaskHandler("of_python", "task", async () => 1));
await bundle.serve();
`;
const ROWS = `
export interface Row { id: number; amount: number }
export enum Unit { Cent = 100 }
export const total = (rows: readonly Row[]): number => rows.reduce((sum, row) => sum + row.amount, 0) * Unit.Cent;
`;

const BRANCHES = `
import { type Branch, type Condition, Dag } from "apache-airflow-ts-sdk";
export const dag = new Dag("größe.branches");
const count = dag.task("größe", async () => 5)();
const [small, big, x, y, never] = ["small", "big", "x", "y", "never"].map((id) => dag.task(id, async () => id)());
const join = dag.task("join", async () => "joined", { triggerRule: "none_failed_min_one_success" })().after(small!, big!);
const condition: Condition = dag.if(async function is_big({ n }: { n: number }) { return n > 3; }, { n: count });
condition.then(big!).else(small!);
const pick: Branch = dag.switch(async function pick() { return y!; }).case(x!).case(y!);
pick.after(join);
dag.if(() => false, undefined, { taskId: "one_sided" }).then(never!);
export default dag;
`;

const ENDINGS = `
import { Dag, VariableNotFoundError, getClient, getContext } from "apache-airflow-ts-sdk";
const dag = new Dag("endings");
const t = (id, handler, options) => dag.task(id, handler, options)();
t("throws", async () => { throw new Error("plain"); });
t("throws_text", () => { throw "text"; });
t("rejects", () => Promise.reject({ code: 5 }));
t("second_try", async () => { if (getContext().tryNumber < 2) throw new Error("first"); return getContext().tryNumber; },
  { retries: 1, retryDelay: 0 });
t("no_variable", async () => { await getClient().getVariableOrThrow("nope"); });
t("caught", async () => {
  try { await getClient().getVariableOrThrow("nope"); }
  catch (error) { return [error instanceof VariableNotFoundError, error.name, error.message, error.key]; }
});
t("date", async () => new Date(0));
t("bigint", async () => 10n);
t("map", async () => new Map([["a", 1]]));
t("not_a_number", async () => Number.NaN);
t("long", async () => "x".repeat(300_000));
t("too_long", async () => "x".repeat(3_000_000));
t("nothing_pushed", async () => 5, { doXcomPush: false });
const nothing = t("nothing", async () => undefined);
const none = t("none", async () => null);
dag.task("takes_nothing", async ({ value }) => value)({ value: nothing });
dag.task("takes_none", async ({ value }) => [value])({ value: none });
dag.task("folds", async ({ regionCode, missing }) => [regionCode, missing === undefined])({ region_code: "eu" });
dag.task("read_only", async (args) => {
  const said = [];
  for (const change of [() => { args.b = 2; }, () => { delete args.b; }]) {
    try { change(); } catch (error) { said.push(error.message); }
  }
  return [...said, Object.keys(args), "B" in args, "c" in args, args.toString === undefined, { ...args }];
})({ b: 1, a: { x: 1 } });
dag.task("collides", async () => 1)({ a_b: 1, aB: 2 });
`;

const CLIENT = `
import { Asset, Dag, getClient, getContext } from "apache-airflow-ts-sdk";
const dag = new Dag("client");
const asset = new Asset({ name: "orders", uri: "s3://bucket/orders" });
const set = dag.task("set", async () => {
  const client = getClient();
  await client.setXCom({ key: "a", value: { n: 1 } });
  await client.setXCom({ key: "null", value: null });
  await client.setXCom({ key: "mapped", value: 7, mapIndex: 3 });
  await client.setXCom({ key: "negative", value: 8, mapIndex: -5 });
  await client.setVariable("k", "v", "described");
})();
dag.task("get", async () => {
  const client = getClient();
  const of = (key, more) => client.getXCom({ key, taskId: "set", ...more });
  const nested = await Promise.all([1, 2].map(async () => getContext().taskId));
  return [
    await of("a"), await of("null"), await of("absent"), await of("mapped"), await of("mapped", { mapIndex: 3 }),
    await of("negative", { mapIndex: null }), await client.getVariable("k"), await client.getVariable("absent"),
    await client.getConnection("absent"), nested,
  ];
})().after(set);
dag.task("asset_state", async () => {
  const state = getClient().assetStateStore.forAsset(asset);
  const before = await state.get("mark");
  await state.set("mark", { row: 1 });
  const after = await state.get("mark");
  await state.clear();
  return [before, after, await state.get("mark")];
}, { outlets: [asset] })();
`;

const TRIGGERS = `
import { Dag, triggerDagRun } from "apache-airflow-ts-sdk";
const dag = new Dag("triggers");
const go = dag.task("go", triggerDagRun({ dagId: "target", runId: "fixed", conf: { a: 1 }, waitForCompletion: true,
  pokeInterval: 0.2, note: "hi" }))();
dag.task(triggerDagRun({ dagId: "target", runId: "fixed", skipWhenAlreadyExists: true }), { taskId: "skips" })().after(go);
dag.task("exists", triggerDagRun({ dagId: "target", runId: "fixed" }), { retries: 3, retryDelay: 60 })().after(go);
dag.task("no_dag", triggerDagRun({ dagId: "no_such_dag" }))();
dag.task("run_fails", triggerDagRun({ dagId: "fails", waitForCompletion: true, pokeInterval: 0.2 }))();
new Dag("target").task("t", async () => 1)();
new Dag("fails").task("t", async () => { throw new Error("x"); })();
`;

const OLDER = `
import { Dag, withArgList } from "apache-airflow-ts-sdk";
const dag = new Dag("older");
const [one, two] = [dag.task("one", async () => 1)(), dag.task("two", async () => "two")()];
dag.task("both", async ({ rows, region }: { rows: number; region: string }) => \`\${rows} \${region}\`)(withArgList(one, two));
const yes = dag.task("yes", async () => true)();
dag.if(yes).then(dag.task("taken", async () => 1)()).else(dag.task("other", async () => 1)());
`;

const FILES = {
  "etl.ts": ETL,
  "rows.ts": ROWS,
  "branches.mts": BRANCHES,
  "endings.js": ENDINGS,
  "client.mjs": CLIENT,
  "triggers.mjs": TRIGGERS,
  "older.ts": OLDER,
};
/** As many as the files hold. */
const DAGS = 8;
const BASE_URL = "https://daisy.example/base/";

let bench: Bench;
test.before(async () => {
  bench = await startBench({ dags: FILES, settings: { AIRFLOW__API__BASE_URL: BASE_URL } });
  bench.start("triggerer");
  await bench.untilDags(DAGS);
});
test.after.always(() => bench?.[Symbol.asyncDispose]());

/** Runs a DAG to its end: its state, those of its tasks, and what they returned. */
async function run(dagId: string) {
  const id = await startRun(bench.database, dagId);
  await untilEnded(bench.database, [id]);
  const { rows } = await bench.database.query<{ task_id: string; key: string; value: unknown }>(
    "select task_id, key, value from xcom where dag_run_id = $1 and map_index = -1",
    [id],
  );
  const xcoms = (key: string) =>
    Object.fromEntries(rows.filter((row) => row.key === key).map(({ task_id, value }) => [task_id, value]));
  const run = await bench.database.query<{ state: string }>("select state from dag_run where id = $1", [id]);
  return {
    state: run.rows[0]!.state,
    states: await statesOfRun(bench.database, id),
    results: xcoms("return_value"),
    xcoms,
  };
}

test("no file has an import error", async (t) => {
  t.deepEqual((await bench.database.query("select * from import_error")).rows, []);
});

test("handlers, groups, helpers and a bundle that is served", async (t) => {
  const { state, results } = await run("etl");
  t.is(state, "success");
  t.deepEqual(results, {
    extract: [
      { id: 1, amount: 10 },
      { id: 2, amount: 20 },
    ],
    "publish.sum": 9000,
    "publish.report": { amount: 9000, at: "publish.report" },
  });
});

test("conditions and branches, in an .mts file with ids of other alphabets", async (t) => {
  const { state, states, results, xcoms } = await run("größe.branches");
  t.is(state, "success");
  t.like(states, { small: "skipped", big: "success", join: "success", x: "skipped", y: "success", never: "skipped" });
  t.like(results, { größe: 5, is_big: true, pick: "y", one_sided: false });
  t.deepEqual(xcoms("skipmixin_key"), {
    is_big: { skipped: ["small"] },
    pick: { skipped: ["x"] },
    one_sided: { skipped: ["never"] },
  });
});

test("each way in which a handler may end, in a .js file", async (t) => {
  const { state, states, results } = await run("endings");
  t.is(state, "failed");
  const ended = (wanted: string) =>
    Object.entries(states).flatMap(([taskId, each]) => (each === wanted ? [taskId] : []));
  t.deepEqual(ended("failed").sort(), [
    ...["bigint", "collides", "date", "map", "no_variable", "not_a_number", "rejects", "takes_nothing"],
    ...["throws", "throws_text", "too_long"],
  ]);
  const { long, ...others } = results as { long: string };
  t.is(long.length, 300_000);
  t.deepEqual(others as unknown, {
    second_try: 2,
    caught: [true, "VariableNotFoundError", "Variable not found: nope", "nope"],
    none: null,
    takes_none: [null],
    folds: ["eu", true],
    read_only: [
      "Cannot assign to task argument b: bound arguments are read-only",
      "Cannot delete task argument b: bound arguments are read-only",
      ["b", "a"],
      true,
      false,
      true,
      { b: 1, a: { x: 1 } },
    ],
  });
});

test("what the client gives, in an .mjs file", async (t) => {
  const { state, results } = await run("client");
  t.is(state, "success");
  t.deepEqual(results, {
    get: [{ n: 1 }, null, null, null, 7, 8, "v", null, null, ["get", "get"]],
    asset_state: [null, { row: 1 }, null],
  });
});

test("triggers of other DAGs, with links below [api] base_url", async (t) => {
  const { states, xcoms } = await run("triggers");
  t.deepEqual(states, { go: "success", skips: "skipped", exists: "failed", no_dag: "failed", run_fails: "failed" });
  t.is(xcoms("_link_TriggerDagRunLink").go, "https://daisy.example/base/dags/target/runs/fixed");
  t.is(xcoms("trigger_run_id").go, "fixed");
  const { rows } = await bench.database.query("select conf, note from dag_run where run_id = 'fixed'");
  t.deepEqual(rows, [{ conf: { a: 1 }, note: "hi" }]);
});

test("the SDK's older spellings", async (t) => {
  const { state, states, results } = await run("older");
  t.is(state, "success");
  t.is(results.both, "1 two");
  t.like(states, { taken: "success", other: "skipped" });
});
