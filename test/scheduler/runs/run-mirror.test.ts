import { strict as assert } from "node:assert";
import test from "ava";
import fc from "fast-check";
import { readDagStructure } from "#core/dag-structure/dag-structure.ts";
import type { TaskInstanceState } from "#core/states/task-moves.ts";
import type { Instance, Row } from "#scheduler/runs/instance.ts";
import { type Evaluation, RunMirror } from "#scheduler/runs/run-mirror.ts";
import { type PlainDag, plainDag } from "./plain-dag.ts";
import { Random } from "./simulation/random.ts";
import { randomDag } from "./simulation/random-dag.ts";
import { decide, loadMirror } from "./simulation/simulated-scheduler.ts";
import { World } from "./simulation/world.ts";

type States = Readonly<Record<string, TaskInstanceState>>;

/** A mirror of a run; states by task id, or `task[2]` for a mapped instance. What is left out is not looked at yet. */
function mirrorOf(
  dag: PlainDag,
  states: States = {},
  passedOver: (readonly [string, number])[] = [],
  { isPaused = false, isStale = false } = {},
): RunMirror {
  const named = Object.entries(states).map(([name, state]): Row => {
    const [, taskId, mapIndex = "-1"] = /^(\w+)(?:\[(\d+)\])?$/.exec(name)!;
    return [taskId!, Number(mapIndex), state];
  });
  const others = dag.tasks.filter(({ id }) => !named.some(([taskId]) => taskId === id));
  const rows = [...named, ...others.map(({ id }): Row => [id, -1, null])];
  return new RunMirror(
    { dagRunId: 1, runId: "r", isPaused, isStale, deadline: null, rows, passedOver },
    readDagStructure(plainDag(dag)),
  );
}

function name(mirror: RunMirror, { task, mapIndex }: Instance): string {
  return `${mirror.structure.tasks[task]!.taskId}${mapIndex < 0 ? "" : `[${mapIndex}]`}`;
}

const readyOf = (mirror: RunMirror, { ready } = mirror.evaluate()) => ready.map((instance) => name(mirror, instance));
const settledOf = (mirror: RunMirror, { settled }: Evaluation) =>
  Object.fromEntries(settled.map((instance) => [name(mirror, instance), instance.state]));

/** Takes over that a task has so many instances, none of which anybody has looked at. */
function expand(mirror: RunMirror, expansion: number, length: number): void {
  const { tasks, expansions } = mirror.structure;
  const rows = expansions[expansion]!.tasks.flatMap((task) =>
    Array.from({ length }, (_, mapIndex): Row => [tasks[task]!.taskId, mapIndex, null]),
  );
  mirror.expand(expansion, rows);
}

/** Takes over that the length of an expansion is still what it was. */
function takeOver(mirror: RunMirror, expansion: number): void {
  const { tasks, expansions } = mirror.structure;
  const rows = expansions[expansion]!.tasks.flatMap((task) =>
    mirror.indexesOf(task).map((mapIndex): Row => [tasks[task]!.taskId, mapIndex, mirror.stateOf(task, mapIndex)!]),
  );
  mirror.expand(expansion, rows);
}

const DIAMOND: PlainDag = {
  tasks: [
    { id: "first" },
    { id: "left", after: ["first"] },
    { id: "right", after: ["first"] },
    { id: "join", after: ["left", "right"] },
  ],
};

test("a run begins with its roots, and a task's end makes ready what is directly below", (t) => {
  const mirror = mirrorOf(DIAMOND);
  t.deepEqual(readyOf(mirror), ["first"]);
  mirror.settle("first", -1, "queued");
  t.true(mirror.follow("first", -1, "success"));
  t.deepEqual(readyOf(mirror), ["left", "right"]);
  mirror.settle("left", -1, "queued");
  mirror.settle("right", -1, "queued");
  t.true(mirror.follow("left", -1, "success"));
  t.deepEqual(readyOf(mirror), []);
  t.true(mirror.follow("right", -1, "success"));
  t.deepEqual(readyOf(mirror), ["join"]);
  t.is(mirror.end, null);
  mirror.settle("join", -1, "success");
  t.is(mirror.end, "success");
});

test("a task that another one decides to skip fits the picture, and is skipped again when it is cleared", (t) => {
  const dag: PlainDag = {
    tasks: [{ id: "decides" }, { id: "taken", after: ["decides"] }, { id: "other", after: ["decides"] }],
  };
  const mirror = mirrorOf(dag, { decides: "queued" });
  t.true(mirror.follow("decides", -1, "success"));
  t.true(mirror.follow("other", -1, "skipped"));
  t.deepEqual(readyOf(mirror), ["taken"]);
  const cleared = mirrorOf(dag, { decides: "success", taken: "success" }, [["other", -1]]);
  const evaluation = cleared.evaluate();
  t.deepEqual(readyOf(cleared, evaluation), []);
  t.deepEqual(settledOf(cleared, evaluation), { other: "skipped" });
});

const DOUBTS: readonly {
  readonly title: string;
  readonly before: TaskInstanceState;
  readonly after: TaskInstanceState;
  readonly at?: readonly [taskId: string, mapIndex: number];
}[] = [
  { title: "a task that ends without having been queued", before: null, after: "success" },
  { title: "a task that was cleared", before: "success", after: null },
  { title: "a task that ends twice, differently", before: "success", after: "failed" },
  { title: "a task that the run does not have", before: null, after: "success", at: ["other", -1] },
  { title: "an instance that the task does not have", before: null, after: "skipped", at: ["t", 3] },
];

for (const { title, before, after, at: [taskId, mapIndex] = ["t", -1] } of DOUBTS) {
  test(`${title} puts the picture in doubt`, (t) => {
    t.false(mirrorOf({ tasks: [{ id: "t" }] }, { t: before }).follow(taskId, mapIndex, after));
  });
}

test("a task mapped over another one's result is expanded when that one has succeeded, and its join waits for all", (t) => {
  const dag: PlainDag = {
    tasks: [{ id: "list" }, { id: "each", after: ["list"], over: "list" }, { id: "join", after: ["each"] }],
  };
  const mirror = mirrorOf(dag, { list: "running" });
  t.deepEqual(mirror.evaluate().expansions, []);
  mirror.follow("list", -1, "success");
  t.deepEqual(mirror.evaluate(), { ready: [], settled: [], gated: [], expansions: [0], stopFor: [] });
  expand(mirror, 0, 3);
  t.deepEqual(readyOf(mirror), ["each[0]", "each[1]", "each[2]"]);
  for (const index of [0, 1, 2]) mirror.settle("each", index, "queued");
  for (const index of [2, 0]) mirror.follow("each", index, "success");
  t.deepEqual(readyOf(mirror), []);
  mirror.follow("each", 1, "success");
  t.deepEqual(readyOf(mirror), ["join"]);
  t.deepEqual(mirror.summary, { untouched: 1, finished: 4, succeeded: 4 });
});

const GIVERS: readonly { giver: TaskInstanceState; becomes: States }[] = [
  { giver: "failed", becomes: { each: "upstream_failed", late: "upstream_failed", join: "upstream_failed" } },
  { giver: "skipped", becomes: { each: "skipped", late: "skipped", join: "skipped" } },
];

for (const { giver, becomes } of GIVERS) {
  test(`when the task that gives the length ended as ${giver}, the row that stands for all follows`, (t) => {
    const dag: PlainDag = {
      tasks: [
        { id: "list" },
        { id: "each", after: ["list"], over: "list" },
        { id: "late", after: ["list"], over: "list", rule: "all_done" },
        { id: "join", after: ["each"] },
      ],
    };
    const mirror = mirrorOf(dag, { list: giver });
    const evaluation = mirror.evaluate();
    t.deepEqual(settledOf(mirror, evaluation), becomes);
    t.deepEqual([evaluation.ready, evaluation.expansions], [[], []]);
  });
}

test("a map over literals has its instances from the beginning, one over nothing is skipped in its turn", (t) => {
  const dag: PlainDag = {
    tasks: [{ id: "first" }, { id: "some", after: ["first"], over: 2 }, { id: "none", after: ["first"], over: 0 }],
  };
  const mirror = mirrorOf(dag);
  t.deepEqual(mirror.evaluate().expansions, [0]);
  expand(mirror, 0, 2);
  t.deepEqual(mirror.evaluate().expansions, []);
  mirror.settle("first", -1, "success");
  t.deepEqual(mirror.evaluate().expansions, [1]);
});

const GROUP: PlainDag = {
  tasks: [
    { id: "list" },
    { id: "a", after: ["list"], group: "g" },
    { id: "b", after: ["a"], group: "g" },
    { id: "f", after: ["a"], group: "g", rule: "one_failed" },
    { id: "d", after: ["b"], group: "g", rule: "all_done" },
    { id: "join", after: ["d", "f"], rule: "all_done" },
  ],
  groups: { g: "list" },
};

test("the tasks of a mapped group are expanded together, and depend on the same index only", (t) => {
  const mirror = mirrorOf(GROUP, { list: "success" });
  t.deepEqual(mirror.evaluate().expansions, [0]);
  expand(mirror, 0, 2);
  t.deepEqual(readyOf(mirror), ["a[0]", "a[1]"]);
  mirror.settle("a", 0, "failed");
  const first = mirror.evaluate();
  t.deepEqual(readyOf(mirror, first).sort(), ["d[0]", "f[0]"]);
  t.deepEqual(settledOf(mirror, first), { "b[0]": "upstream_failed" });
  mirror.settle("a", 1, "success");
  const second = mirror.evaluate();
  t.deepEqual(settledOf(mirror, second), { "f[1]": "skipped" });
  t.true(readyOf(mirror, second).includes("b[1]"));
  t.false(readyOf(mirror, second).includes("d[1]"));
});

test("an instance of a mapped group skips only what has its index", (t) => {
  const mirror = mirrorOf(
    GROUP,
    {
      list: "success",
      "a[0]": "success",
      "a[1]": "success",
      "b[0]": null,
      "b[1]": null,
      "d[0]": null,
      "d[1]": null,
      "f[0]": "skipped",
      "f[1]": "skipped",
    },
    [["b", 1]],
  );
  takeOver(mirror, 0);
  const evaluation = mirror.evaluate();
  t.deepEqual(settledOf(mirror, evaluation), { "b[1]": "skipped" });
  t.deepEqual(readyOf(mirror, evaluation).sort(), ["b[0]", "d[1]"]);
});

test("what a shorter map left over keeps nobody waiting", (t) => {
  const dag: PlainDag = {
    tasks: [{ id: "list" }, { id: "each", after: ["list"], over: "list" }, { id: "join", after: ["each"] }],
  };
  const mirror = mirrorOf(dag, { list: "success", "each[0]": "success", "each[1]": "removed" });
  t.deepEqual(readyOf(mirror), ["join"]);
});

const SETUP: PlainDag = {
  tasks: [
    { id: "setup", isSetup: true },
    { id: "work", after: ["setup"] },
    { id: "more", after: ["work"], rule: "all_done" },
    { id: "teardown", after: ["setup", "more"], isTeardown: true, rule: "all_done_setup_success" },
  ],
};

test("a teardown runs when its setup succeeded, whatever happened between, and its failure does not fail the run", (t) => {
  const mirror = mirrorOf(SETUP, { setup: "success", work: "failed", more: "success" });
  t.deepEqual(readyOf(mirror), ["teardown"]);
  mirror.settle("teardown", -1, "failed");
  t.is(mirror.end, "success");
});

test("a teardown's failure fails the run when it says so", (t) => {
  const tasks = SETUP.tasks.map((task) => (task.isTeardown ? { ...task, failsRun: true } : task));
  const mirror = mirrorOf({ tasks }, { setup: "success", work: "success", more: "success", teardown: "failed" });
  t.is(mirror.end, "failed");
});

test("a failed task before a teardown that does not count fails the run", (t) => {
  t.is(mirrorOf(SETUP, { setup: "success", work: "success", more: "failed", teardown: "success" }).end, "failed");
});

test("in a DAG of teardowns only, the last ones decide", (t) => {
  const dag: PlainDag = { tasks: [{ id: "t", isTeardown: true }] };
  t.is(mirrorOf(dag, { t: "failed" }).end, "failed");
});

for (const [setup, becomes] of [
  ["failed", { work: "upstream_failed", more: "upstream_failed", teardown: "upstream_failed" }],
  ["skipped", { work: "skipped", more: "skipped", teardown: "skipped" }],
] as const) {
  test(`a setup that ended as ${setup} lets nothing in its scope run, whatever its trigger rule`, (t) => {
    const mirror = mirrorOf(SETUP, { setup });
    const evaluation = mirror.evaluate();
    t.deepEqual(settledOf(mirror, evaluation), becomes);
    t.deepEqual(evaluation.ready, []);
  });
}

test("a DAG that fails fast stops what is left, but not teardowns and not the failed task itself", (t) => {
  const dag: PlainDag = {
    failFast: true,
    tasks: [{ id: "bad", over: 2 }, { id: "other" }, { id: "t", after: ["bad"], isTeardown: true }],
  };
  const mirror = mirrorOf(dag, { "bad[0]": "running", "bad[1]": "running", other: "running", t: null });
  mirror.follow("bad", 0, "failed");
  t.deepEqual(mirror.evaluate().stopFor, [0]);
  mirror.settle("other", -1, "failed");
  t.deepEqual(mirror.evaluate().stopFor, []);
});

test("instances that depend on earlier runs wait where they are told to, and are judged again", (t) => {
  const dag: PlainDag = {
    tasks: [
      { id: "a", dependsOnPast: true },
      { id: "b", after: ["a"] },
    ],
  };
  const mirror = mirrorOf(dag);
  const [gated] = mirror.evaluate().gated;
  t.deepEqual(gated, { task: 0, mapIndex: -1, verdict: "run" });
  mirror.hold(gated!);
  t.deepEqual(mirror.evaluate().gated, []);
  t.false(mirror.isStuck);
  mirror.recheckHeld();
  t.deepEqual(mirror.evaluate().gated, [gated!]);
});

const STUCK: readonly { title: string; other: TaskInstanceState; fields?: object; stuck: boolean }[] = [
  { title: "a task that waits for what was removed", other: "success", stuck: true },
  { title: "waiting while another task's retry is due later", other: "up_for_retry", stuck: false },
  { title: "waiting while another task is rescheduled", other: "up_for_reschedule", stuck: false },
  { title: "waiting while another task is deferred", other: "deferred", stuck: false },
  { title: "a task with a limit of its own", other: "success", fields: { max_active_tis_per_dag: 1 }, stuck: false },
];

for (const { title, other, fields, stuck } of STUCK) {
  test(`${title} is ${stuck ? "a" : "no"} deadlock`, (t) => {
    const dag: PlainDag = {
      tasks: [{ id: "other" }, { id: "u", over: 2 }, { id: "d", after: ["u"], over: 1, rule: "all_skipped", fields }],
    };
    const mirror = mirrorOf(dag, { other, "u[0]": "skipped", "u[1]": "removed", "d[0]": null });
    const { expansions } = mirror.evaluate();
    t.deepEqual(expansions, [1]);
    takeOver(mirror, 1);
    t.deepEqual(readyOf(mirror), []);
    t.is(mirror.isStuck, stuck);
  });
}

test("an empty task succeeds without being run, unless somebody waits for what it does besides", (t) => {
  const empty = { _is_empty: true };
  const tasks = [
    { id: "start", fields: empty },
    { id: "called", after: ["start"], fields: { ...empty, has_on_success_callback: true } },
    { id: "told", after: ["start"], fields: { ...empty, outlets: [{}] } },
    { id: "end", after: ["start"], fields: empty },
  ];
  const mirror = mirrorOf({ tasks });
  const evaluation = mirror.evaluate();
  t.deepEqual(readyOf(mirror, evaluation), ["called", "told"]);
  t.deepEqual(settledOf(mirror, evaluation), { start: "success", end: "success" });
});

/** Has everything run that a mirror finds ready, and compares it after each round with one that is loaded anew. */
function follows(seed: number): void {
  const world = new World(randomDag(new Random(seed)), seed);
  const mirror = loadMirror(world);
  for (;;) {
    const { ready, settled, stopFor } = decide(world, mirror);
    if (stopFor.length > 0) return;
    for (const { task, mapIndex, state } of settled) world.move(world.find(task, mapIndex)!, state);
    const fresh = loadMirror(world);
    const again = decide(world, fresh);
    const names = (instances: readonly Instance[]) => instances.map((instance) => name(mirror, instance)).sort();
    assert.deepEqual(names(again.ready), names(ready));
    assert.deepEqual(again.settled, []);
    assert.deepEqual([fresh.end, fresh.isStuck, fresh.summary], [mirror.end, mirror.isStuck, mirror.summary]);
    if (ready.length === 0) return;
    for (const instance of ready) runToItsEnd(world, mirror, instance);
  }
}

function runToItsEnd(world: World, mirror: RunMirror, { task, mapIndex }: Instance): void {
  const row = world.find(task, mapIndex)!;
  // Another one may have decided to skip it meanwhile.
  if (row.state !== null) return;
  world.move(row, "scheduled");
  world.move(row, "queued");
  const { taskId } = world.structure.tasks[task]!;
  mirror.settle(taskId, mapIndex, "queued");
  const before = new Map(world.all.map((other) => [other, other.state]));
  while (row.state === "queued" || row.state === "running") world.work(row);
  if (row.state === "up_for_retry") world.move(row, "failed");
  for (const [other, state] of before) {
    if (other.state === state) continue;
    assert.ok(mirror.follow(world.structure.tasks[other.task]!.taskId, other.mapIndex, other.state));
  }
}

test("following changes one by one comes to what loading the whole run comes to", (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.nat(), (seed) => follows(seed)),
      { numRuns: 2_000 },
    ),
  );
});

test("what is queued or running counts as active, also when a worker has to stop it first", (t) => {
  const mirror = mirrorOf(
    { tasks: [{ id: "a" }, { id: "b" }, { id: "c" }, { id: "d" }, { id: "e" }] },
    {
      a: "queued",
      b: "running",
      c: "restarting",
      d: "deferred",
    },
  );
  t.is(mirror.active, 3);
  t.true(mirror.follow("b", -1, "success"));
  t.is(mirror.active, 2);
  mirror.settle("e", -1, "scheduled");
  t.is(mirror.active, 2);
  mirror.settle("e", -1, "queued");
  t.is(mirror.active, 3);
});

test("in a paused DAG what can never run is settled, and what may run waits, empty tasks too", (t) => {
  const dag: PlainDag = {
    tasks: [
      { id: "failed" },
      { id: "below", after: ["failed"] },
      { id: "last", after: ["below"] },
      { id: "empty", after: ["done"], fields: { _is_empty: true } },
      { id: "done" },
    ],
  };
  const states = { failed: "failed", done: "success" } as const;
  const paused = mirrorOf(dag, states, [], { isPaused: true });
  const evaluation = paused.evaluate();
  t.deepEqual(settledOf(paused, evaluation), { below: "upstream_failed", last: "upstream_failed" });
  t.deepEqual(evaluation.ready, []);
  t.false(paused.isStuck);
  const stale = mirrorOf(dag, states, [], { isStale: true });
  t.deepEqual(settledOf(stale, stale.evaluate()), {});
  const unpaused = mirrorOf(dag, states);
  t.deepEqual(settledOf(unpaused, unpaused.evaluate()), {
    ...{ below: "upstream_failed", last: "upstream_failed", empty: "success" },
  });
});

test("a failure stops the others in a paused DAG, too", (t) => {
  const dag: PlainDag = { failFast: true, tasks: [{ id: "a" }, { id: "b" }] };
  const mirror = mirrorOf(dag, { a: "running" }, [], { isPaused: true });
  t.true(mirror.follow("a", -1, "failed"));
  t.deepEqual(mirror.evaluate().stopFor, [0]);
});
