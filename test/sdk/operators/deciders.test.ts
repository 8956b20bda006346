import test from "ava";
import type { TaskNode } from "#sdk/dag-graph.ts";
import { decide, isDecider } from "#sdk/decide.ts";
import type { Dag as DagType } from "#sdk/index.ts";
import { branch, Dag, latestOnly, shortCircuit } from "#sdk/index.ts";
import type { Operator } from "#sdk/operator.ts";
import { serializeDag } from "#sdk/serialize.ts";

/**
 * decider ── a ── after_a ── join
 *    ├────── b ───────────────┤
 *    ├────── group.c ── group.d
 *    └────────────────────── join
 */
function declare(decider: Operator<void, unknown>): DagType {
  const dag = new Dag("deciders");
  const first = dag.task("decider", decider)();
  const place = (id: string) => dag.task(id, async () => undefined)();
  const [a, afterA, b, join] = ["a", "after_a", "b", "join"].map(place);
  const group = dag.taskGroup("group");
  const c = group.task("c", async () => undefined)();
  const d = group.task("d", async () => undefined)();
  c.before(d);
  first.before(a!, b!, group, join!);
  a!.before(afterA!);
  afterA!.before(join!);
  b!.before(join!);
  return dag;
}

function decideOf(decider: Operator<void, unknown>, result: unknown) {
  const graph = Dag.read(declare(decider));
  const { skipped, followed } = decide(graph, graph.nodes.get("decider") as TaskNode, result);
  return { skipped: [...skipped].sort(), ...(followed && { followed: [...followed].sort() }) };
}

const pick = () => branch(async () => null);
const BRANCHES: readonly (readonly [title: string, choice: unknown, skipped: string[], followed: string[]])[] = [
  ["one id", "b", ["a", "group.c"], ["b", "join"]],
  ["what comes after the chosen one is not skipped", "a", ["b", "group.c"], ["a", "join"]],
  ["several ids", ["a", "b"], ["group.c"], ["a", "b", "join"]],
  ["a group stands for its first tasks", "group", ["a", "b", "join"], ["group.c"]],
  ["a group and a task", ["group", "b"], ["a"], ["b", "group.c", "join"]],
  ["a task that is not directly after it", "after_a", ["a", "b", "group.c"], ["join"]],
  ["null skips all", null, ["a", "b", "group.c", "join"], []],
  ["undefined skips all", undefined, ["a", "b", "group.c", "join"], []],
  ["no ids skip all", [], ["a", "b", "group.c", "join"], []],
];

for (const [title, choice, skipped, followed] of BRANCHES) {
  test(`a branch by ids: ${title}`, (t) => t.deepEqual(decideOf(pick(), choice), { skipped, followed }));
}

const WRONG: readonly (readonly [choice: unknown, message: string])[] = [
  ["x", "'branch_task_ids' must contain only valid task_ids. Invalid tasks found: {'x'}."],
  [["a", "x", "y"], "'branch_task_ids' must contain only valid task_ids. Invalid tasks found: {'x', 'y'}."],
  [
    5,
    "Unable to branch to the specified tasks. The branching function returned invalid 'branch_task_ids': {(5, 'number')}. " +
      "Please check that your function returns an Iterable of valid task IDs that exist in your DAG.",
  ],
  [
    ["a", true],
    "Unable to branch to the specified tasks. The branching function returned invalid 'branch_task_ids': {(true, 'boolean')}. " +
      "Please check that your function returns an Iterable of valid task IDs that exist in your DAG.",
  ],
];

for (const [choice, message] of WRONG) {
  test(`a branch that chooses ${JSON.stringify(choice)} fails`, (t) => {
    t.throws(() => decideOf(pick(), choice), { message });
  });
}

const ALL = ["a", "after_a", "b", "group.c", "group.d", "join"];
const DIRECT = ["a", "b", "group.c", "join"];

for (const nothing of [false, null, undefined, 0, "", [], {}]) {
  test(`a short circuit ends the way at ${JSON.stringify(nothing)}`, (t) => {
    t.deepEqual(
      decideOf(
        shortCircuit(async () => null),
        nothing,
      ),
      { skipped: ALL },
    );
    const direct = shortCircuit(async () => null, { ignoreDownstreamTriggerRules: false });
    t.deepEqual(decideOf(direct, nothing), { skipped: DIRECT });
  });
}

for (const something of [true, 1, "no", [0], { a: 1 }]) {
  test(`a short circuit goes on with ${JSON.stringify(something)}`, (t) => {
    t.deepEqual(
      decideOf(
        shortCircuit(async () => null),
        something,
      ),
      { skipped: [] },
    );
  });
}

test("latest only skips what is directly after it, in runs that are not the latest", (t) => {
  t.deepEqual(decideOf(latestOnly(), false), { skipped: DIRECT, followed: [] });
  t.deepEqual(decideOf(latestOnly(), true), { skipped: [], followed: DIRECT });
});

test("what decides says so in the serialized form", (t) => {
  for (const decider of [pick(), shortCircuit(async () => true), latestOnly()]) {
    const dag = declare(decider as Operator<void, unknown>);
    t.true(isDecider(Dag.graphOf(dag).nodes.get("decider") as TaskNode));
    const { tasks } = serializeDag(dag, { fileloc: "/a.ts", relativeFileloc: "a.ts" }).dag;
    t.deepEqual(
      tasks.filter(({ __var: task }) => task._can_skip_downstream).map(({ __var: task }) => task.task_id),
      ["decider"],
    );
  }
});

test("a decider wants a handler of one object and known options", (t) => {
  t.throws(() => branch("load" as never), { message: "The handler of branch(...) must be a function" });
  t.throws(() => shortCircuit((async (_a: never, _b: never) => 1) as never), {
    message: /^The handler of shortCircuit\(\.\.\.\) declares 2 parameters; a handler takes one object/,
  });
  t.throws(() => shortCircuit(async () => true, { ignore: true } as never), {
    message: 'Unknown option "ignore" for shortCircuit(...)',
  });
});

test("a short circuit leaves teardowns alone", (t) => {
  const dag = new Dag("with_teardown");
  const first = dag.task(
    "decider",
    shortCircuit(async () => false),
  )();
  const work = dag.task("work", async () => undefined)();
  const tidy = dag
    .task("tidy", async () => undefined)()
    .asTeardown();
  first.before(work);
  work.before(tidy);
  const graph = Dag.read(dag);
  t.deepEqual(decide(graph, graph.nodes.get("decider") as TaskNode, false).skipped, ["work"]);
});

test("a task that decides cannot be expanded by itself", (t) => {
  const dag = new Dag("expanded");
  dag
    .task(
      "decider",
      shortCircuit(async ({ n }: { n: number }) => n > 1),
    )
    .expand({ n: [1, 2] });
  t.throws(() => serializeDag(dag, { fileloc: "/a.ts", relativeFileloc: "a.ts" }), {
    message: /^task "decider" of Dag "expanded" decides which tasks are skipped, so it cannot be expanded; put it/,
  });
});
