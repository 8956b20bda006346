import test from "ava";
import fc from "fast-check";
import type { TaskNode } from "#sdk/dag-graph.ts";
import { concat, Dag, type TaskRef, zip } from "#sdk/index.ts";
import { bindArguments } from "#worker/child/bind-arguments.ts";
import type { Question } from "#worker/child/messages.ts";

/** Results by task: of an unmapped one its value, of a mapped one what its instances pushed, by map index. */
type Results = Readonly<Record<string, unknown>>;

/** Answers as a worker does, from results in memory. */
function answering(results: Results, asked: Question[] = []) {
  return async (question: Question): Promise<string | null> => {
    asked.push(question);
    if (question.about === "getXCom") {
      const { taskId, mapIndex } = question.opts;
      const value = mapIndex === -1 ? results[taskId!] : (results[taskId!] as unknown[])[mapIndex!];
      return value === undefined ? null : JSON.stringify(value);
    }
    if (question.about !== "countItems" && question.about !== "getItem" && question.about !== "getItems") {
      throw new Error(`unexpected question ${question.about}`);
    }
    const { taskId, mapIndex } = question;
    const result = results[taskId] as unknown[];
    const value = mapIndex === null || mapIndex === -1 ? result : (result[mapIndex] as unknown[]);
    const items = Array.isArray(value) ? value.filter((item) => item !== undefined) : Object.entries(value as object);
    if (question.about === "countItems") return String(items.length);
    if (question.about === "getItems") return JSON.stringify(items);
    return question.index < items.length ? JSON.stringify(items[question.index]) : null;
  };
}

/** The arguments of a task at a map index, as a plain object. */
async function argumentsOf(dag: Dag, taskId: string, mapIndex: number, results: Results = {}, asked: Question[] = []) {
  const graph = Dag.read(dag);
  const reader = { graph, node: graph.nodes.get(taskId) as TaskNode, mapIndex, ask: answering(results, asked) };
  return { ...(await bindArguments(reader, new AbortController().signal)).args };
}

const place = (dag: Dag, id: string): TaskRef<number[]> => dag.task(id, async (): Promise<number[]> => [])();
// biome-ignore lint/suspicious/noExplicitAny: the handlers of these DAGs are never called, whatever they are given.
const taking = (dag: Dag, id: string) => dag.task(id, async (_: { [name: string]: any }) => 1);

test("several arguments are combined, the first varying slowest", async (t) => {
  const dag = new Dag("d");
  taking(dag, "t").expand({ a: [1, 2], b: ["x", "y", "z"] });
  const all = await Promise.all([0, 1, 2, 3, 4, 5].map((index) => argumentsOf(dag, "t", index)));
  t.deepEqual(
    all.map(({ a, b }) => `${a}${b}`),
    ["1x", "1y", "1z", "2x", "2y", "2z"],
  );
});

test("every combination occurs once, whatever the lists", async (t) => {
  const lists = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(lists, async (lengths) => {
      const dag = new Dag("d");
      const inputs = lengths.map((length, n) => [`a${n}`, Array.from({ length }, (_, item) => item)]);
      taking(dag, "t").expand(Object.fromEntries(inputs));
      const count = lengths.reduce((product, length) => product * length, 1);
      const seen: string[] = [];
      for (let index = 0; index < count; index++) {
        seen.push(Object.values(await argumentsOf(dag, "t", index)).join(""));
      }
      t.is(new Set(seen).size, count);
      t.deepEqual([...seen].sort(), seen);
    }),
    { numRuns: 50 },
  );
});

test("an expansion over results asks for one item only", async (t) => {
  const dag = new Dag("d");
  const list = place(dag, "list");
  taking(dag, "t").partial({ region: "eu" }).expand({ n: list });
  const asked: Question[] = [];
  t.deepEqual(await argumentsOf(dag, "t", 1, { list: [10, 20, 30] }, asked), { region: "eu", n: 20 });
  t.deepEqual(asked, [{ about: "getItem", taskId: "list", mapIndex: -1, index: 1 }]);
});

test("an object is expanded into pairs", async (t) => {
  const dag = new Dag("d");
  taking(dag, "literal").expand({ pair: { a: 1, b: 2 } as never });
  taking(dag, "pushed").expand({ pair: place(dag, "sizes") });
  t.deepEqual(await argumentsOf(dag, "literal", 1), { pair: ["b", 2] });
  t.deepEqual(await argumentsOf(dag, "pushed", 0, { sizes: { a: 1, b: 2 } }), { pair: ["a", 1] });
});

test("expandKwargs gives an instance one object's arguments", async (t) => {
  const dag = new Dag("d");
  taking(dag, "literal")
    .partial({ c: 3 })
    .expandKwargs([{ a: 1 }, { a: 2, b: 2 }]);
  taking(dag, "pushed").expandKwargs(place(dag, "kwargs") as TaskRef as TaskRef<object[]>);
  t.deepEqual(await argumentsOf(dag, "literal", 1), { c: 3, a: 2, b: 2 });
  t.deepEqual(await argumentsOf(dag, "pushed", 0, { kwargs: [{ a: 1 }] }), { a: 1 });
  await t.throwsAsync(argumentsOf(dag, "pushed", 0, { kwargs: [1] }), {
    message: "expandKwargs() expects a list of objects, but item 0 is the number 1",
  });
});

test("expandKwargs over results does not give an argument twice", async (t) => {
  const dag = new Dag("d");
  taking(dag, "t")
    .partial({ a: 3 })
    .expandKwargs(place(dag, "kwargs") as TaskRef as TaskRef<object[]>);
  await t.throwsAsync(argumentsOf(dag, "t", 0, { kwargs: [{ a: 1 }] }), {
    message: "mapping already partial argument: a",
  });
});

test("what a mapped task's instances pushed is a list, in the order of their map indexes", async (t) => {
  const dag = new Dag("d");
  const mapped = taking(dag, "mapped").expand({ n: [1, 2, 3] });
  taking(dag, "again").expand({ n: mapped });
  taking(dag, "sum")({ all: mapped });
  const results = { mapped: ["a", undefined, "c"] };
  t.deepEqual(await argumentsOf(dag, "again", 1, results), { n: "c" });
  t.deepEqual(await argumentsOf(dag, "sum", -1, results), { all: ["a", "c"] });
});

test("lists are changed, put side by side and joined where an item is used", async (t) => {
  const dag = new Dag("d");
  const [a, b] = [place(dag, "a"), place(dag, "b")];
  const plusOne = a.map(async (n: number) => n + 1);
  taking(dag, "mapped").expand({ n: plusOne.map((n) => `n${n}`) });
  taking(dag, "zipped").expand({ n: zip(plusOne, b) });
  taking(dag, "filled").expand({ n: zip(a, b, { fillvalue: "-" }) });
  taking(dag, "joined").expand({ n: concat(a, b, plusOne) });
  taking(dag, "whole")({ zipped: zip(plusOne, b), filled: zip(a, b, { fillvalue: "-" }), joined: concat(b, plusOne) });
  const results = { a: [1, 2, 3], b: ["x", "y"] };
  const at = async (id: string, index: number) => (await argumentsOf(dag, id, index, results)).n;
  t.is(await at("mapped", 2), "n4");
  t.deepEqual(await at("zipped", 1), [3, "y"]);
  await t.throwsAsync(at("zipped", 2), { message: /Task argument "n" has no item 2/ });
  t.deepEqual(await at("filled", 2), [3, "-"]);
  t.deepEqual(await Promise.all([2, 3, 4, 5].map((index) => at("joined", index))), [3, "x", "y", 2]);
  await t.throwsAsync(at("joined", 8), { message: /has no item 8/ });
  t.deepEqual(await argumentsOf(dag, "whole", -1, results), {
    zipped: [
      [2, "x"],
      [3, "y"],
    ],
    filled: [
      [1, "x"],
      [2, "y"],
      [3, "-"],
    ],
    joined: ["x", "y", 2, 3, 4],
  });
});

test("an instance whose item was filtered out is skipped, and a whole list lacks the item", async (t) => {
  const dag = new Dag("d");
  const odd = place(dag, "a").filter((n: number) => n % 2 === 1);
  taking(dag, "t").expand({ n: odd });
  taking(dag, "pairs").expand({ pair: zip(odd, place(dag, "b")) });
  taking(dag, "whole")({ odd, pairs: zip(odd, place(dag, "c")) });
  const results = { a: [1, 2, 3], b: ["x", "y", "z"], c: ["x", "y", "z"] };
  t.deepEqual(await argumentsOf(dag, "t", 2, results), { n: 3 });
  for (const id of ["t", "pairs"]) {
    const error = await t.throwsAsync(argumentsOf(dag, id, 1, results));
    t.is(error.name, "AirflowSkipException");
  }
  t.deepEqual(await argumentsOf(dag, "whole", -1, results), {
    odd: [1, 3],
    pairs: [
      [1, "x"],
      [3, "z"],
    ],
  });
});

test("tasks of a mapped group read its arguments and each other at their index, and what is outside as it is", async (t) => {
  const dag = new Dag("d");
  const outside = place(dag, "outside");
  const mapped = taking(dag, "mapped").expand({ n: [1, 2] });
  const last = dag.taskGroup("g").expand({ city: place(dag, "cities"), size: ["s", "m"] }, (group, { city, size }) => {
    const first = group.task("first", async (_: { city: unknown; size: string }) => [1])({ city, size });
    const inner = group.taskGroup("inner");
    const anything = async (_: Record<string, unknown>) => 1;
    return inner.task("last", anything)({ first, list: first.map((n) => n), outside, mapped, size } as never);
  });
  taking(dag, "end")({ last });
  const results = {
    cities: ["paris", "rome"],
    outside: "o",
    mapped: [1, 2],
    "g.first": [[10], [11], undefined, [13]],
    "g.inner.last": [0, undefined, 2, 3],
  };
  t.deepEqual(await argumentsOf(dag, "g.first", 3, results), { city: "rome", size: "m" });
  t.deepEqual(await argumentsOf(dag, "g.inner.last", 1, results), {
    first: [11],
    list: [11],
    outside: "o",
    mapped: [1, 2],
    size: "m",
  });
  t.deepEqual(await argumentsOf(dag, "end", -1, results), { last: [0, 2, 3] });
});

test("in a mapped group what another pushed nothing for is null", async (t) => {
  const dag = new Dag("d");
  dag.taskGroup("g").expand({ n: [1] }, (group) => {
    const first = group.task("first", async () => null)();
    group.task("last", async (_: { first: null }) => 1)({ first });
  });
  t.deepEqual(await argumentsOf(dag, "g.last", 0, { "g.first": [undefined] }), { first: null });
});

test("a mapped group takes its arguments from objects", async (t) => {
  const dag = new Dag("d");
  dag.taskGroup("g").expandKwargs([{ a: 1, b: 2 }, { a: 3 } as never], (group, { a, b }) => {
    group.task("t", async (_: { a: number; b: number }) => 1)({ a, b });
  });
  t.deepEqual(await argumentsOf(dag, "g.t", 0), { a: 1, b: 2 });
  await t.throwsAsync(argumentsOf(dag, "g.t", 1), { message: /group "g" has no argument "b" at this map index/ });
});

test("what a handler changes of a literal, the next try does not see; undefined is null", async (t) => {
  const dag = new Dag("d");
  taking(dag, "t")({ list: [{ n: 1 }], nothing: undefined, inside: { a: undefined } as never });
  taking(dag, "mapped").expand({ item: [{ n: 1 }] });
  const { list } = (await argumentsOf(dag, "t", -1)) as { list: { n: number }[] };
  list.push({ n: 2 });
  list[0]!.n = 5;
  t.deepEqual(await argumentsOf(dag, "t", -1), { list: [{ n: 1 }], nothing: null, inside: { a: null } });
  const { item } = (await argumentsOf(dag, "mapped", 0)) as { item: { n: number } };
  item.n = 5;
  t.deepEqual(await argumentsOf(dag, "mapped", 0), { item: { n: 1 } });
});
