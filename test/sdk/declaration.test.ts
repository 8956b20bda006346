import test from "ava";
import { bash, Dag, type TaskRef } from "#sdk/index.ts";

const H = "comes from a different copy of apache-airflow-ts-sdk; deduplicate the dependency so one copy is resolved";

const place = (dag: Dag, id: string): TaskRef => dag.task(id, () => undefined)();
/** Calls past the types, as a JavaScript file may. */
const call = (target: unknown, ...args: unknown[]): unknown => (target as (...args: unknown[]) => unknown)(...args);
const factoryOf = (dag: Dag) => dag.task("t", (_: { k: number }) => 1);
const another = (id: string, task: string) => place(new Dag(id), task);
const itself: Record<string, unknown> = {};
itself.self = [itself];
const withSelf = { tags: itself } as never;

/** Texts of Airflow's TypeScript SDK. DAG `d` has a task `a`. */
const MISTAKES: readonly [title: string, declare: (dag: Dag, a: TaskRef) => unknown, message: string][] = [
  ["a spec that is an array", () => new Dag("d", [] as never), 'spec for Dag "d" must be an object'],
  ["a spec that is null", () => new Dag("d", null as never), 'spec for Dag "d" must be an object'],
  ["an unknown key", () => new Dag("d", { dag_id: 1 } as never), 'Unknown option "dag_id" in the spec for Dag "d"'],
  [
    "a symbol as a key",
    () => new Dag("d", { [Symbol("s")]: 1 } as never),
    'Unknown option "Symbol(s)" in the spec for Dag "d"',
  ],
  [
    "a spec within itself",
    () => new Dag("d", withSelf),
    'The spec for Dag "d" refers back to itself, so it cannot be recorded',
  ],
  [
    "a Map in a spec",
    () => new Dag("d", { tags: new Map() } as never),
    'The spec for Dag "d" holds a Map, which cannot be recorded; a spec field takes a string, number, boolean, Date, or an array of them',
  ],
  [
    "a Map in a task's spec",
    (dag) => dag.task("t", () => 1, { owner: new Map() } as never),
    'The spec for Dag "d" task "t" holds a Map, which cannot be recorded; a spec field takes a string, number, boolean, Date, or an array of them',
  ],
  [
    "an id given twice",
    (dag) => dag.task("t", () => 1, { taskId: "s" }),
    'Task "t" of Dag "d" also carries taskId "s" in its spec; give the id once, either positionally or in the spec',
  ],
  [
    "no id",
    (dag) => dag.task(() => 1),
    'A task of Dag "d" has no id: its handler has no name to take one from. Pass an id — dag.task("my_task", handler) — or give the handler a name. A bundler that drops function names also lands here; airflow-ts-pack keeps them.',
  ],
  [
    "an operator without an id",
    (dag) => dag.task(bash({ bashCommand: "true" })),
    'A bash task of Dag "d" has no taskId; name it with dag.task("my_task", bash(...))',
  ],
  [
    "an id of other characters from the spec",
    (dag) => dag.task(() => 1, { taskId: "a b" }),
    'A task of Dag "d" would take the id "a b" from its handler\'s name, which Airflow does not accept; give it an id of letters, digits, dashes, dots and underscores — dag.task("my_task", handler)',
  ],
  [
    "an id in the spec that is no text",
    (dag) => dag.task(() => 1, { taskId: 5 as never }),
    'taskId of a task of Dag "d" must be a string, not the number 5',
  ],
  [
    "an id of other characters",
    (dag) => dag.task("../x", () => 1),
    'Task ID "../x" of Dag "d" cannot contain "."; declare a task group with taskGroup(...) and the prefix is added for you',
  ],
  [
    "an id with a slash",
    (dag) => dag.task("a/b", () => 1),
    'task_id "a/b" has to be made of letters, digits, dashes, dots and underscores',
  ],
  ["a reserved id", (dag) => dag.task("__proto__", () => 1), 'task_id "__proto__" is a reserved name'],
  ["a DAG's reserved id", () => new Dag("__proto__"), 'dag_id "__proto__" is a reserved name'],
  ["a DAG's id that is a folder", () => new Dag("."), 'dag_id "." is a reserved name'],
  [
    "a DAG's id that leads upwards",
    () => new Dag(".."),
    'dag_id ".." has to be made of letters, digits, dashes, dots and underscores',
  ],
  ["a DAG's id that is no text", () => new Dag(null as never), "dag_id must be a non-empty string"],
  [
    "a DAG's id that is too long",
    () => new Dag("d".repeat(251)),
    `dag_id "${"d".repeat(251)}" has 251 characters; at most 250 are allowed`,
  ],
  [
    "a dot in an id",
    (dag) => dag.task("x.y", () => 1),
    'Task ID "x.y" of Dag "d" cannot contain "."; declare a task group with taskGroup(...) and the prefix is added for you',
  ],
  ["a handler that is none", (dag) => dag.task("t", 1 as never), 'handler for Dag "d" task "t" must be a function'],
  [
    "a handler of two parameters",
    (dag) => dag.task("t", ((x: unknown, y: unknown) => [x, y]) as never),
    'Handler for Dag "d" task "t" declares 2 parameters; a handler takes one object of named arguments — async ({ rows, region }) => ...',
  ],
  [
    "a task after the read",
    (dag) => Dag.read(dag) && dag.task("t", () => 1),
    'Task "t" cannot be added to Dag "d" after the Dag was read; declare every task while the module is loading',
  ],
  [
    "a task's spec that is none",
    (dag) => dag.task("t", () => 1, [] as never),
    'spec for Dag "d" task "t" must be an object',
  ],
  ["an id that is taken", (dag) => dag.task("a", () => 1), 'Task "a" is already registered for Dag "d"'],
  [
    "two arguments",
    (dag) => call(factoryOf(dag), {}, {}),
    'Task "t" of Dag "d" was given 2 arguments; it takes one object naming its inputs: myTask({ rows, region })',
  ],
  [
    "a reference in place of the inputs",
    (dag, a) => call(factoryOf(dag), a),
    'Task "t" of Dag "d" takes one object naming its inputs: myTask({ rows, region })',
  ],
  [
    "a call after the read",
    (dag) => {
      const factory = factoryOf(dag);
      readAnyway(dag);
      factory({ k: 1 });
    },
    'Task "t" of Dag "d" was called after the Dag was read; call every task while the module is loading',
  ],
  [
    "a second call",
    (dag) => {
      const factory = factoryOf(dag);
      factory({ k: 1 });
      factory({ k: 1 });
    },
    'Task "t" of Dag "d" was already called; a task holds one place in a Dag, so call it once and reuse the reference',
  ],
  [
    "an input under a symbol",
    (dag) => call(factoryOf(dag), { [Symbol("s")]: 1 }),
    'Input "Symbol(s)" of task "t" is keyed by a symbol; an argument name is a string',
  ],
  [
    "a reference within a literal",
    (dag, a) => factoryOf(dag)({ k: [{ a }, itself] as never }),
    'Input "k" of task "t" holds a reference to "a" inside a literal value, which draws no edge; pass the reference as the input itself, or give each upstream its own argument',
  ],
  [
    "an input of another DAG",
    (dag) => factoryOf(dag)({ k: another("x", "a") }),
    'Input "k" of task "t" comes from Dag "x", not "d"',
  ],
  [
    "an input of a task that is not here",
    (dag) => factoryOf(dag)({ k: another("d", "u") }),
    'Input "k" of task "t" refers to unregistered task "u"',
  ],
  [
    "an input of a DAG of the same id",
    (dag) => factoryOf(dag)({ k: another("d", "a") }),
    `Input "k" of task "t" was not returned by this Dag's "a"; it comes from another Dag object with the same ID, or ${H}`,
  ],
  [
    "a task that is never called",
    (dag) => factoryOf(dag) && Dag.read(dag),
    'Task "t" of Dag "d" is never called, so it has no place in the Dag; call the factory dag.task(...) returned',
  ],
  [
    "an edge after the read",
    (dag, a) => Dag.read(dag) && a.before(a),
    'An edge was drawn on Dag "d" after the Dag was read; declare every edge while the module is loading',
  ],
  [
    "an edge to a value",
    (_, a) => a.after({ dagId: "d", taskId: "a" } as never),
    'after() on Dag "d" takes tasks and task groups this Dag handed out, not arbitrary values',
  ],
  [
    "an edge to another DAG",
    (_, a) => a.before(another("x", "n")),
    'before() cannot reach Dag "x" node "n" from Dag "d"; an edge joins two nodes of one Dag',
  ],
  [
    "an edge to a DAG of the same id",
    (_, a) => a.after(another("d", "n")),
    `after() was given a reference to "n" that this Dag did not hand out; it comes from another Dag object with the same ID, or ${H}`,
  ],
  [
    "an edge to itself",
    (_, a) => a.before(a),
    'before() cannot draw an edge from node "a" of Dag "d" to itself; an edge orders two different nodes',
  ],
  ["a group without an id", (dag) => dag.taskGroup(""), 'A task group of Dag "d" must have a non-empty ID'],
  [
    "a group's id with a dot",
    (dag) => dag.taskGroup("g.h"),
    'Task group ID "g.h" of Dag "d" cannot contain "."; nest groups with taskGroup(...) instead',
  ],
  [
    "a group's id that is too long",
    (dag) => dag.taskGroup("g".repeat(201)),
    `Task group ID "${"g".repeat(201)}" of Dag "d" has 201 characters; at most 200 are allowed`,
  ],
  [
    "a group's id of other characters",
    (dag) => dag.taskGroup("g h"),
    'Task group ID "g h" of Dag "d" has to be made of letters, digits, dashes and underscores',
  ],
  [
    "a group's options that are none",
    (dag) => dag.taskGroup("g", 1 as never),
    'options for Dag "d" task group "g" must be an object',
  ],
  [
    "a group's unknown option",
    (dag) => dag.taskGroup("g", { colour: "" } as never),
    'Unknown option "colour" for Dag "d" task group "g"',
  ],
  [
    "a group's option under a symbol",
    (dag) => dag.taskGroup("g", { [Symbol("s")]: "" } as never),
    'Unknown option "Symbol(s)" for Dag "d" task group "g"',
  ],
  [
    "a group's option of another type",
    (dag) => dag.taskGroup("g", { prefixGroupId: 1 as never }),
    'prefixGroupId for Dag "d" task group "g" must be a boolean',
  ],
  [
    "a group after the read",
    (dag) => Dag.read(dag) && dag.taskGroup("g"),
    'Task group "g" cannot be added to Dag "d" after the Dag was read; declare every group while the module is loading',
  ],
  ["a group's id that is taken", (dag) => dag.taskGroup("a"), 'Task group "a" is already registered for Dag "d"'],
];

for (const [title, declare, message] of MISTAKES) {
  test(`${title} is refused`, (t) => {
    const dag = new Dag("d");
    const a = place(dag, "a");
    t.throws(() => declare(dag, a), { message });
  });
}

/** Reads a DAG of which a task was not called yet. */
function readAnyway(dag: Dag): void {
  try {
    Dag.read(dag);
  } catch {
    // Its declaration has ended all the same.
  }
}

test("a spec is copied and frozen to its depth, and its dates are copies", (t) => {
  const startDate = new Date("2020-01-01T00:00:00Z");
  const tags = ["a"];
  const { spec } = new Dag("d", { startDate, tags });
  tags.push("b");
  startDate.setFullYear(2021);
  t.deepEqual(spec, { startDate: new Date("2020-01-01T00:00:00Z"), tags: ["a"] });
  t.true(Object.isFrozen(spec) && Object.isFrozen(spec.tags));
});

test("a reference has the keys of Airflow's, and is frozen", (t) => {
  const ref = place(new Dag("d"), "t");
  t.deepEqual(Object.keys(ref).sort(), ["after", "before", "dagId", "taskId"]);
  t.true(Object.isFrozen(ref));
});

test("an id's length is counted in characters, whatever their size in UTF-16", (t) => {
  const id = "\u{20000}".repeat(250);
  t.is(new Dag(id).dagId, id);
});

/** The places of `file:line` in an error's stack that are in this file. */
const ownLine = (error: unknown) => /declaration\.test\.ts:(\d+)/.exec((error as Error).stack!)?.[1];

test("what shows only when a DAG is read has the stack of the declaration that it is about", (t) => {
  const here = new Error();
  const dag = new Dag("d");
  dag.task("ok", () => 1)();
  dag.task("never", () => 1);
  t.is(ownLine(t.throws(() => Dag.read(dag))), String(Number(ownLine(here)) + 3));
});

test("an await of a condition has the stack of the condition", async (t) => {
  const here = new Error();
  const dag = new Dag("d");
  const condition = dag.if(() => true, undefined, { taskId: "c" });
  const error = await t.throwsAsync(async () => await (condition as unknown as Promise<never>), {
    message: /was awaited/,
  });
  t.is(ownLine(error), String(Number(ownLine(here)) + 2));
});
