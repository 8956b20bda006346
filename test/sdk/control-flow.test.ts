import test from "ava";
import type { TaskNode } from "#sdk/dag-graph.ts";
import { decide } from "#sdk/decide.ts";
import { Dag, type TaskRef } from "#sdk/index.ts";
import { serializeDag } from "#sdk/serialize.ts";

const FILE = { fileloc: "/dags/a.ts", relativeFileloc: "a.ts" };

const place = (dag: Dag, id: string): TaskRef => dag.task(id, () => undefined)();
const tasksOf = (dag: Dag) => serializeDag(dag, FILE).dag.tasks.map(({ __var }) => __var);

test("a condition is a task that can skip, before each of its branches", (t) => {
  const dag = new Dag("d");
  const rows = dag.task("rows", () => 3)();
  const [load, warn] = [place(dag, "load"), place(dag, "warn")];
  const condition = dag.if(({ rows }: { rows: number }) => rows > 0, { rows }, { taskId: "any", retries: 1 });
  condition.then(load).else(warn);
  t.is(condition.taskId, "any");
  const fields = tasksOf(dag).find(({ task_id }) => task_id === "any");
  t.like(fields, {
    task_type: "TypeScriptOperator",
    _can_skip_downstream: true,
    _arg_bindings: [{ name: "rows", kind: "xcom", task_id: "rows" }],
    retries: 1,
    downstream_task_ids: ["load", "warn"],
  });
});

test("a branch takes its id from its handler, and a condition may lead to one", (t) => {
  const dag = new Dag("d");
  const [small, large, none] = [place(dag, "small"), place(dag, "large"), place(dag, "none")];
  const branch = dag
    .switch(function pick_size() {
      return small;
    })
    .case(small)
    .case(large);
  dag
    .if(() => true, undefined, { taskId: "any" })
    .then(branch)
    .else(none);
  branch.after(place(dag, "first"));
  const downstream = Object.fromEntries(tasksOf(dag).map((task) => [task.task_id, task.downstream_task_ids]));
  t.like(downstream, { pick_size: ["large", "small"], any: ["none", "pick_size"], first: ["pick_size"] });
});

test("the older spellings, a placed task that decides and an id in place of the inputs, work as well", (t) => {
  const dag = new Dag("d");
  const [a, b] = [place(dag, "a"), place(dag, "b")];
  dag
    .if(dag.task("holds", () => true)())
    .then(a)
    .else(b);
  const choose = dag.switch as unknown as (handler: () => TaskRef, id: string) => ReturnType<Dag["switch"]>;
  choose.call(dag, () => a, "choose").case(a);
  const deciders = tasksOf(dag).filter((task) => task._can_skip_downstream);
  t.deepEqual(
    deciders.map((task) => [task.task_id, task.downstream_task_ids]),
    [
      ["holds", ["a", "b"]],
      ["choose", ["a"]],
    ],
  );
});

const yes = () => true;
const H = "comes from a different copy of apache-airflow-ts-sdk; deduplicate the dependency so one copy is resolved";
const AFTER_READ =
  'An edge was drawn on Dag "d" after the Dag was read; declare every edge while the module is loading';

/** A DAG with tasks a, b and c, a group g, and what is to be refused. */
const MISTAKES: readonly [title: string, declare: (dag: Dag, a: TaskRef, b: TaskRef) => unknown, message: string][] = [
  [
    "an await",
    (dag) => (dag.if(yes, undefined, { taskId: "c" }).then as (done: unknown) => unknown)(() => undefined),
    'dag.if(...) of Dag "d" was awaited. It builds a branch rather than doing work, so there is nothing to wait for; drop the await',
  ],
  [
    "a side named twice",
    (dag, a, b) => {
      const condition = dag.if(yes, undefined, { taskId: "c" });
      condition.then(a);
      condition.then(b);
    },
    'Condition "c" of Dag "d" already has a "then" branch; a condition names each side once',
  ],
  [
    "a group as a branch",
    (dag) => dag.if(yes, undefined, { taskId: "c" }).then(dag.taskGroup("g") as never),
    'The "then" branch of Dag "d" condition "c" has to be a task, not a task group',
  ],
  [
    "one task on both sides",
    (dag, a) => dag.if(yes, undefined, { taskId: "c" }).then(a).else(a),
    'Both branches of Dag "d" condition "c" are "a", so the condition decides nothing; drop the else branch',
  ],
  [
    "a value as a branch",
    (dag) => dag.if(yes, undefined, { taskId: "c" }).then({ taskId: "a" } as never),
    'the "then" branch of "c" on Dag "d" takes tasks and task groups this Dag handed out, not arbitrary values',
  ],
  [
    "a task of another DAG as a branch",
    (dag) => dag.if(yes, undefined, { taskId: "c" }).then(place(new Dag("other"), "x")),
    'the "then" branch of "c" cannot reach Dag "other" node "x" from Dag "d"; an edge joins two nodes of one Dag',
  ],
  [
    "a task of a DAG of the same id as a branch",
    (dag, a) =>
      dag
        .if(yes, undefined, { taskId: "c" })
        .then(a)
        .else(place(new Dag("d"), "b")),
    `the "else" branch of "c" was given a reference to "b" that this Dag did not hand out; it comes from another Dag object with the same ID, or ${H}`,
  ],
  [
    "a condition without branches",
    (dag) => dag.if(yes, undefined, { taskId: "c" }),
    'Condition "c" of Dag "d" names no branch, so it decides nothing; give it one with dag.if(handler, inputs).then(task)',
  ],
  [
    "a branch drawn late",
    (dag, a) => {
      const { else: otherwise } = dag.if(yes, undefined, { taskId: "c" }).then(a);
      Dag.read(dag);
      otherwise(a);
    },
    AFTER_READ,
  ],
  [
    "a group as a case",
    (dag, a) => dag.switch(() => a, undefined, { taskId: "c" }).case(dag.taskGroup("g") as never),
    'A case of Dag "d" branch "c" has to be a task, not a task group',
  ],
  [
    "a case named twice",
    (dag, a) =>
      dag
        .switch(() => a, undefined, { taskId: "c" })
        .case(a)
        .case(a),
    'Dag "d" branch "c" lists "a" twice; each case names a different task',
  ],
  [
    "a case of another DAG",
    (dag, a) => dag.switch(() => a, undefined, { taskId: "c" }).case(place(new Dag("other"), "x")),
    'a case of "c" cannot reach Dag "other" node "x" from Dag "d"; an edge joins two nodes of one Dag',
  ],
  [
    "a branch without cases",
    (dag, a) => dag.switch(() => a, undefined, { taskId: "c" }),
    'Branch "c" of Dag "d" has no cases, so it decides nothing; give it the tasks to choose between with dag.switch(handler, inputs).case(task)',
  ],
  [
    "a task that decides twice",
    (dag, a, b) => {
      const decides = a as TaskRef<boolean>;
      dag.if(decides).then(b);
      dag.if(decides);
    },
    'Task "a" of Dag "d" already decides a branch; one task decides one way',
  ],
  [
    "a condition of another DAG",
    (dag) => dag.if(place(new Dag("other"), "x") as TaskRef<boolean>),
    'the condition given to dag.if cannot reach Dag "other" node "x" from Dag "d"; an edge joins two nodes of one Dag',
  ],
];

for (const [title, declare, message] of MISTAKES) {
  test(`${title} is refused`, (t) => {
    const dag = new Dag("d");
    const [a, b] = [place(dag, "a"), place(dag, "b")];
    t.throws(
      () => {
        declare(dag, a, b);
        Dag.read(dag);
      },
      { message },
    );
  });
}

test("reading reports conditions first, then branches, then uncalled tasks, and the same each time", (t) => {
  const dag = new Dag("d");
  dag.task("uncalled", () => 1);
  const a = place(dag, "a");
  const branch = dag.switch(() => a, undefined, { taskId: "s" });
  const condition = dag.if(yes, undefined, { taskId: "c" });
  t.throws(() => Dag.read(dag), { message: /^Condition "c"/ });
  t.throws(() => condition.then(a), { message: AFTER_READ });
  t.throws(() => branch.case(a), { message: AFTER_READ });
  t.throws(() => Dag.read(dag), { message: /^Condition "c"/ });
});

test("a condition skips the branch that is not taken, and nothing when it has none", (t) => {
  const dag = new Dag("d");
  const [a, b] = [place(dag, "a"), place(dag, "b")];
  dag.if(yes, undefined, { taskId: "both" }).then(a).else(b);
  dag.if(yes, undefined, { taskId: "one" }).then(a);
  const graph = Dag.read(dag);
  const judge = (id: string, result: unknown) => {
    const node = graph.nodes.get(id);
    return node?.kind === "task" ? decide(graph, node, result) : undefined;
  };
  t.deepEqual(judge("both", true), { value: true, skipped: ["b"] });
  t.deepEqual(judge("both", false), { value: false, skipped: ["a"] });
  t.deepEqual(judge("one", true), { value: true, skipped: [] });
  t.deepEqual(judge("one", false), { value: false, skipped: ["a"] });
  const wrong: readonly [unknown, string][] = [
    ["yes", 'the string "yes"'],
    [null, "null"],
    [undefined, "undefined"],
    [[], "an array"],
    [{}, "an object"],
    [1, "the number 1"],
  ];
  for (const [result, described] of wrong) {
    t.throws(() => judge("both", result), {
      message: `Condition "both" of Dag "d" returned ${described} rather than a boolean, so there is no branch to take`,
    });
  }
});

test("a branch may choose several of its cases by a list, and none by an empty one", (t) => {
  const dag = new Dag("d");
  const [a, b, c] = ["a", "b", "c"].map((id) => dag.task(id, async () => 1)());
  dag
    .switch(async () => [a!, c!], undefined, { taskId: "s" })
    .case(a!)
    .case(b!)
    .case(c!);
  const graph = Dag.read(dag);
  const node = graph.nodes.get("s") as TaskNode;
  t.deepEqual(decide(graph, node, [a, c]), { value: ["a", "c"], skipped: ["b"] });
  t.deepEqual(decide(graph, node, []), { value: [], skipped: ["a", "b", "c"] });
  t.throws(() => decide(graph, node, [a, "b"]), { message: /chose the string "b", which is not one of its cases/ });
});

test("a branch skips the cases that were not chosen, and refuses what is none of them", (t) => {
  const dag = new Dag("d");
  const [a, b, x] = [place(dag, "a"), place(dag, "b"), place(dag, "x")];
  dag
    .switch(() => a, undefined, { taskId: "s" })
    .case(a)
    .case(b);
  const graph = Dag.read(dag);
  const node = graph.nodes.get("s");
  if (node?.kind !== "task") return t.fail();
  t.deepEqual(decide(graph, node, b), { value: "b", skipped: ["a"] });
  t.throws(() => decide(graph, node, x), {
    message: 'Task "s" of Dag "d" chose "x", which is not one of its cases: a, b',
  });
  t.throws(() => decide(graph, node, "a"), {
    message: 'Task "s" of Dag "d" chose the string "a", which is not one of its cases: a, b',
  });
});
