// Wirings that compile, and wirings that must not. Never run: types.test.ts and the project's type check read it.
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
  type ListRef,
  type Node,
  pythonFunction,
  type Registerable,
  sql,
  type TaskFactory,
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
