// Wirings that compile, and wirings that must not. Never run: types.test.ts and the project's type check read it.
import { approval, type HITLResult, hitl } from "#sdk/hitl/index.ts";
import {
  Asset,
  type AssetNameRef,
  type AssetUriRef,
  type Branch,
  Bundle,
  bash,
  type Condition,
  concat,
  Dag,
  getClient,
  getContext,
  type JsonValue,
  type ListRef,
  type Node,
  pythonFunction,
  type Registerable,
  sql,
  type TaskFactory,
  type TaskFunction,
  TaskHandler,
  type TaskInput,
  type TaskRef,
  triggerDagRun,
  withArgNames,
  zip,
} from "#sdk/index.ts";

const dag = new Dag("wirings", { schedule: "@daily" });

export const rows: TaskRef<number> = dag.task("rows", async () => 3)();
const load = dag.task("load", async ({ rows, region }: { rows: number; region: string }) => `${rows} ${region}`);
export const loaded: TaskRef<string> = load({ rows, region: "eu" });
load({ rows: 3, region: loaded });
// @ts-expect-error an input is missing
load({ rows });
// @ts-expect-error a task that takes inputs is called without any
load();
// @ts-expect-error an input that the handler does not take
load({ rows, region: "eu", other: 1 });
// @ts-expect-error a literal of another type
load({ rows: "three", region: "eu" });
// @ts-expect-error a reference in place of the inputs
load(rows);

const noInputs: TaskFactory = dag.task("no_inputs", async () => undefined);
noInputs();
// @ts-expect-error a task without inputs is given some
noInputs({ rows });

const dated = dag.task("dated", async ({ at }: { at: Date }) => at.getTime());
dated({ at: rows });
// @ts-expect-error JSON carries no Date
dated({ at: new Date() });

export const input: TaskInput<number> = rows;
// @ts-expect-error a reference to a result of another type
export const wrongInput: TaskInput<number> = loaded;
// @ts-expect-error a look-alike is no reference
export const lookAlike: TaskRef = { dagId: "wirings", taskId: "rows" };

// @ts-expect-error a handler takes one object of named arguments
dag.task("two", async (one: number, other: number) => one + other);
// @ts-expect-error an unknown option
dag.task("option", async () => 1, { retry: 1 });
// @ts-expect-error an unknown trigger rule
dag.task("rule", async () => 1, { triggerRule: "sometimes" });
// @ts-expect-error an unknown option of a DAG
new Dag("option", { scheduled: "@daily" });

const group = dag.taskGroup("group");
export const ordered: TaskRef<number> = rows.before(loaded, group).after(group);
export const nodes: readonly Node[] = [rows, group];
// @ts-expect-error an edge joins nodes
rows.before("loaded");
// @ts-expect-error an unknown option of a group
dag.taskGroup("other", { tooltip: 1 });

const condition: Condition = dag.if(async ({ rows }: { rows: number }) => rows > 0, { rows }, { taskId: "any" });
condition.then(loaded).else(rows);
const branch: Branch = dag.switch(() => loaded, undefined, { taskId: "choose" });
branch.case(rows).case(loaded).before(condition);
dag
  .if(() => true, undefined, { taskId: "outer" })
  .then(branch)
  .else(condition);
// @ts-expect-error a condition returns a boolean
dag.if(() => "yes");
// @ts-expect-error a condition's inputs are missing
dag.if(async ({ rows }: { rows: number }) => rows > 0);
// @ts-expect-error a group is no branch
condition.then(group);
// @ts-expect-error a branch returns a reference
dag.switch(() => "rows");
// @ts-expect-error a case is a task
branch.case(condition);
// @ts-expect-error a condition without `then` has no `else`
condition.else(rows);

dag.task("trigger", triggerDagRun({ dagId: "other", conf: { a: [1, null] } }))();
// @ts-expect-error the DAG to trigger is missing
triggerDagRun({});
// @ts-expect-error a state that no run has
triggerDagRun({ dagId: "other", allowedStates: ["done"] });
// @ts-expect-error JSON carries no Date
triggerDagRun({ dagId: "other", conf: { at: new Date() } });

export const byName: AssetNameRef = Asset.ref({ name: "a" });
export const byUri: AssetUriRef = Asset.ref({ uri: "s3://a" });
// @ts-expect-error a name or a URI, not both
Asset.ref({ name: "a", uri: "s3://a" });
// @ts-expect-error a plain object is no asset
export const asset: Asset = { name: "a", uri: "a" };

const handler = new TaskHandler(
  "d",
  "t",
  withArgNames({ rows: "row_count" }, async ({ rows }: { rows: number }) => rows),
);
export const items: Registerable[] = [dag, handler];
new Bundle(dag, handler);
// @ts-expect-error only DAGs and task handlers
new Bundle("wirings");
// @ts-expect-error an argument that the handler does not take
withArgNames({ other: "row_count" }, async ({ rows }: { rows: number }) => rows);

export async function asks(): Promise<number | null> {
  const text: string = await getClient().getVariableOrThrow("key");
  // @ts-expect-error an XCom has a key
  await getClient().getXCom({ taskId: text });
  return getClient().getXCom<number>({ key: "return_value" });
}

const double = dag.task("double", async ({ n }: { n: number }) => n * 2);
export const doubled: TaskRef<readonly number[]> = double.expand({ n: [1, 2, 3] });
const list = dag.task("list", async () => ["a", "b"])();
const sizes = dag.task("sizes", async () => ({ small: 1, large: 2 }) as Record<string, number>)();
// @ts-expect-error the items are of another type
dag.task("n1", async ({ n }: { n: number }) => n).expand({ n: list });
// @ts-expect-error a literal's items are of another type
dag.task("n2", async ({ n }: { n: number }) => n).expand({ n: ["a"] });
// @ts-expect-error a number is no list
dag.task("n3", async ({ n }: { n: number }) => n).expand({ n: rows });
// @ts-expect-error an argument that the handler does not take
dag.task("n4", async ({ n }: { n: number }) => n).expand({ n: [1], m: [1] });
// @ts-expect-error an argument is missing
dag.task("n5", async ({ n, m }: { n: number; m: number }) => n + m).expand({ n: [1] });
dag
  .task("n6", async ({ n, m }: { n: number; m: number }) => n + m)
  .partial({ m: 1 })
  .expand({ n: doubled });
const partial = dag.task("n7", async ({ n, m }: { n: number; m: number }) => n + m).partial({ m: 1 });
// @ts-expect-error a partial argument is expanded again
partial.expand({ n: [1], m: [1] });
// @ts-expect-error a partial argument of another type
dag.task("n8", async ({ n, m }: { n: number; m: number }) => n + m).partial({ m: "a" });
dag.task("n9", async ({ n, m = 1 }: { n: number; m?: number }) => n + m).expand({ n: [1] });
dag.task("entry", async ({ size }: { size: [string, number] }) => size[1]).expand({ size: sizes });
// @ts-expect-error an object is expanded into pairs
dag.task("n10", async ({ n }: { n: number }) => n).expand({ n: sizes });
dag.task("kwargs", async ({ n, s }: { n: number; s: string }) => s.repeat(n)).expandKwargs([{ n: 1, s: "a" }]);
// @ts-expect-error one of the objects lacks an argument
dag.task("n11", async ({ n, s }: { n: number; s: string }) => s.repeat(n)).expandKwargs([{ n: 1 }]);
// @ts-expect-error a task without inputs cannot be expanded
dag.task("n12", async () => 1).expand({});

const lengths: ListRef<number> = list.map((text) => text.length);
dag.task("n13", async ({ n }: { n: number }) => n).expand({ n: lengths.filter((n) => n > 1) });
dag.task("n14", async ({ all }: { all: number[] }) => all.length)({ all: lengths });
// @ts-expect-error a list of another type
dag.task("n15", async ({ all }: { all: string[] }) => all.length)({ all: lengths });
// @ts-expect-error a number cannot be changed item by item
rows.map((n) => n);
export const pairs: ListRef<[string, number]> = zip(list, lengths);
export const filled: ListRef<[string | null, number | null]> = zip(list, lengths, { fillvalue: null });
export const both: ListRef<string | number> = concat(list, lengths);
// @ts-expect-error a pair of other types
export const wrongPairs: ListRef<[number, string]> = zip(list, lengths);
// @ts-expect-error an array is no reference
zip([1, 2]);

const mapped = dag.taskGroup("mapped");
export const totals: TaskRef<readonly number[]> = mapped.expand({ n: lengths, name: list }, (inside, { n, name }) => {
  const text = inside.task("text", async ({ name }: { name: string }) => name)({ name });
  // @ts-expect-error the argument is a number
  inside.task("wrong", async ({ name }: { name: string }) => name)({ name: n });
  return inside.task("total", async ({ text, n }: { text: string; n: number }) => text.length + n)({ text, n });
});
// @ts-expect-error a number is no list
dag.taskGroup("n16").expand({ n: rows }, () => undefined);
// @ts-expect-error an argument that the group does not have
dag.taskGroup("n17").expand({ n: [1] }, (_, { m }) => void m);

export const torn: TaskRef<number> = rows.asTeardown({ setups: loaded, onFailureFailDagrun: true });
export const set: TaskRef<string> = loaded.asSetup();
// @ts-expect-error a setup is a task
rows.asTeardown({ setups: group });

// Operators are called without inputs, with some of their options, or expanded over them.
dag.task("o1", bash({ bashCommand: "true" }))();
dag.task("o2", bash({ bashCommand: "true" }))({ cwd: loaded });
// @ts-expect-error no option of bash
dag.task("o3", bash({ bashCommand: "true" }))({ folder: loaded });
dag.task("o4", bash({ bashCommand: "true" })).expand({ bashCommand: ["echo 1", "echo 2"] });
dag.task("o5", sql({ database: ":memory:", sql: "select 1" })).expand({ parameters: [[1], [2]] });
const python = pythonFunction({ file: { path: "a.py", source: "def f(): pass" }, function: "f" });
dag.task("o6", python)();

// Handlers of every shape that Airflow's SDK takes, and what their references promise.
async function named({ id }: { id: number }): Promise<{ id: number; tags: string[] }> {
  return { id, tags: [] };
}
export const record: TaskRef<{ id: number; tags: string[] }> = dag.task(named, { retries: 1 })({ id: rows });
export const anything: TaskRef = record;
export const nothing: TaskRef<void> = dag.task("void", () => undefined as void)();
dag.task("optional", async ({ a, b = 1 }: { a: string; b?: number }) => a.repeat(b))({ a: "x" });
dag.task(
  "nested",
  async ({ of }: { of: { list: readonly (string | null)[] } }) => of.list,
)({ of: { list: ["a", null] } });
dag.task("json", async ({ value }: { value: JsonValue }) => value)({ value: { a: [1, "b", null, true] } });
dag.task("maybe", async ({ n }: { n: number | null }) => n)({ n: null });
// @ts-expect-error a reference promises something else
export const wrongResult: TaskRef<string> = record;
// @ts-expect-error a reference cannot be changed
record.taskId = "other";
// @ts-expect-error what is there already is not added to
dag.taskIds.push("other");
// @ts-expect-error null where a number is wanted
dag.task("t1", async ({ n }: { n: number }) => n)({ n: null });
// @ts-expect-error JSON carries no functions
dag.task("t2", async ({ f }: { f: () => void }) => f)({ f: () => undefined });
// @ts-expect-error JSON carries no dates, however deep
dag.task("t3", async ({ of }: { of: { at: Date }[] }) => of)({ of: [{ at: new Date() }] });
// @ts-expect-error a misspelled input
dag.task("t4", async ({ region }: { region: string }) => region)({ regoin: "eu" });
// @ts-expect-error inputs in order need withArgList
load(rows, "eu");
// @ts-expect-error an argument is no object of named arguments
dag.task("t5", async (n: number) => n)({ n: 1 });
// @ts-expect-error a task that has not been called is no reference
export const uncalled: TaskRef = dag.task("t6", async () => 1);
// @ts-expect-error a task that has not been called has no edges
dag.task("t7", async () => 1).before(rows);
// @ts-expect-error a task that has not been called is no input
load({ rows: dag.task("t8", async () => 1), region: "eu" });

// Options.
// @ts-expect-error a schedule is no number
new Dag("s1", { schedule: 5 });
// @ts-expect-error a date is a Date
new Dag("s2", { startDate: "2026-01-01" });
// @ts-expect-error tags are a list
new Dag("s3", { tags: "a" });
// @ts-expect-error a duration is a number of seconds
new Dag("s4", { dagrunTimeout: "1h" });
// @ts-expect-error Python's spelling
new Dag("s5", { max_active_runs: 1 });
// @ts-expect-error retries are a number
dag.task("s6", async () => 1, { retries: "3" });
// @ts-expect-error Python's spelling
dag.task("s7", async () => 1, { depends_on_past: true });
// @ts-expect-error an unknown weight rule
dag.task("s8", async () => 1, { weightRule: "heavy" });
// @ts-expect-error a callback is a function
dag.task("s9", async () => 1, { onFailureCallback: "tell" });
// @ts-expect-error an outlet is an asset
dag.task("s10", async () => 1, { outlets: ["s3://a"] });
// @ts-expect-error an option of a group that is none
dag.taskGroup("s11", { prefix: true });
// @ts-expect-error edges are drawn one by one
rows.before([loaded]);
// @ts-expect-error an operator says what it takes
dag.task("s12", triggerDagRun({ dagId: "other" }))({ rows });
// @ts-expect-error a group is no task
branch.case(group);
// @ts-expect-error an else has no else
condition.then(loaded).else(rows).else(loaded);
// @ts-expect-error a group has no result
load({ rows: group, region: "eu" });

// Tasks that ask humans.
export const answer: TaskRef<HITLResult> = dag.task(
  "choose",
  hitl({ subject: async ({ rows }: { rows: number }) => `${rows} rows`, options: ["a"] }),
)({ rows });
// @ts-expect-error its subject's input is missing
dag.task("h1", hitl({ subject: ({ rows }: { rows: number }) => `${rows}`, options: ["a"] }))();
// @ts-expect-error the options are missing
hitl({ subject: "Which?" });
// @ts-expect-error the subject is missing
approval({});
// @ts-expect-error no answer of an approval
approval({ subject: "Go?", defaults: "Maybe" });
// @ts-expect-error a user has an id and a name
approval({ subject: "Go?", assignedUsers: ["me"] });

// Handlers of tasks of other languages.
// @ts-expect-error a handler takes one object
new TaskHandler("d", "t", async (one: number, other: number) => one + other);
// @ts-expect-error a task's id is missing
new TaskHandler("d", async () => 1);
export const found: TaskFunction<never> | undefined = new Bundle(dag).getTaskHandler("d", "t");

interface Row {
  readonly id: number;
}

// Running tasks.
export async function runs(): Promise<void> {
  const { dagId, taskId, runId, tryNumber, mapIndex, signal } = getContext();
  const text: string = dagId + taskId + runId;
  const numbers: number = tryNumber + mapIndex;
  const abort: AbortSignal = signal;
  void [text, numbers, abort];
  // @ts-expect-error a context is not changed
  getContext().dagId = "other";
  // @ts-expect-error a variable's value is a text
  await getClient().setVariable("k", 1);
  // @ts-expect-error a variable may not be there
  const value: string = await getClient().getVariable("k");
  // @ts-expect-error JSON carries no Date
  await getClient().setXCom({ key: "k", value: new Date() });
  const rows: { readonly id: number }[] | null = await getClient().getXCom<Row[]>({ key: "rows" });
  const first: JsonValue | null = await getClient().getXCom({ key: "rows", mapIndex: null });
  void [rows, first];
  const state = getClient().assetStateStore.forAsset(new Asset({ name: "a" }));
  // @ts-expect-error a state is not null
  await state.set("k", null);
  // @ts-expect-error a look-alike is no asset
  getClient().assetStateStore.forAsset({ name: "a", uri: "a" });
  void value;
}
