import test from "ava";
import { argNamesOf } from "#sdk/arg-names.ts";
import { Dag, withArgList, withArgNames } from "#sdk/index.ts";

type Inputs = { rows: number; region: string };
const load = async ({ rows, region }: Inputs) => `${rows} ${region}`;

test("a handler's names are carried by a wrapper, which calls it and is named as in Airflow", async (t) => {
  const wrapped = withArgNames({ rows: "row_count" }, load);
  t.deepEqual(argNamesOf(wrapped), { rows: "row_count" });
  t.deepEqual(argNamesOf(load), {});
  t.is(await wrapped({ rows: 1, region: "eu" }), "1 eu");
  t.is(wrapped.name, "wrapped");
});

const WRONG_NAMES: readonly [names: unknown, handler: unknown, message: string][] = [
  [null, load, "withArgNames(...) takes a plain object mapping argument names to wire names"],
  [["a"], load, "withArgNames(...) takes a plain object mapping argument names to wire names"],
  [{ k: 1 }, load, 'withArgNames(...) maps "k" to 1; a wire name must be a non-empty string'],
  [{ k: "" }, load, 'withArgNames(...) maps "k" to ""; a wire name must be a non-empty string'],
  [{}, "load", "withArgNames(...) takes the handler function as its second argument"],
];

for (const [names, handler, message] of WRONG_NAMES) {
  test(`${JSON.stringify(names)} for ${typeof handler} is refused: ${message}`, (t) => {
    t.throws(() => withArgNames(names as never, handler as never), { message });
  });
}

const HANDLERS: readonly [title: string, handler: (inputs: Inputs) => unknown][] = [
  ["an arrow function", ({ rows, region }) => [rows, region]],
  ["an asynchronous one", async ({ rows, region }) => [rows, region]],
  [
    "a named function",
    function load({ rows, region }) {
      return [rows, region];
    },
  ],
  [
    "a method",
    {
      load({ rows, region }: Inputs): unknown {
        return [rows, region];
      },
    }.load,
  ],
  ["one with an alias", ({ rows: count, region }) => [count, region]],
];

for (const [title, handler] of HANDLERS) {
  test(`inputs in order get the names that ${title} destructures`, (t) => {
    const dag = new Dag("d");
    dag.task("t", handler)(withArgList(3, "eu"));
    const node = Dag.read(dag).nodes.get("t");
    t.deepEqual(node?.kind === "task" && node.bindings, [
      { name: "rows", kind: "literal", value: 3 },
      { name: "region", kind: "literal", value: "eu" },
    ]);
  });
}

const NOT_PLAIN: readonly [title: string, handler: (inputs: Inputs) => unknown][] = [
  ["a name", (inputs) => inputs],
  ["a default", ({ rows = 1 }) => rows],
  ["a rest", ({ rows, ...others }) => [rows, others]],
];

for (const [title, handler] of NOT_PLAIN) {
  test(`inputs in order are refused for a handler with ${title} in its parameter`, (t) => {
    t.throws(() => new Dag("d").task("t", handler)(withArgList(3, "eu")), {
      message:
        'Task "t" of Dag "d" cannot take its inputs in order: its handler\'s argument is not a plain object pattern — ' +
        "async ({ rows, region }) => ... — so name the inputs instead",
    });
  });
}

test("inputs in order have to be as many as the handler takes", (t) => {
  t.throws(() => new Dag("d").task("t", load)(withArgList(3)), {
    message: 'Task "t" of Dag "d" takes 2 arguments (rows, region) but was given 1',
  });
});
