import test from "ava";
import fc from "fast-check";
import { readDagStructure } from "#core/dag-structure/dag-structure.ts";
import type { TaskInstanceState } from "#core/states/task-moves.ts";
import { RunMirror } from "#scheduler/runs/run-mirror.ts";
import { Dag } from "#sdk/index.ts";
import { serializeDag } from "#sdk/serialize.ts";
import { TRIGGER_RULES } from "#sdk/trigger-rule.ts";

const PLACE = { fileloc: "/dags/a.ts", relativeFileloc: "a.ts" };

function mirrorOf(dag: Dag, states: Record<string, TaskInstanceState> = {}): RunMirror {
  const structure = readDagStructure(serializeDag(dag, PLACE));
  const all = new Map(structure.tasks.map(({ taskId }) => [taskId, states[taskId] ?? null]));
  return new RunMirror({ dagRunId: 1, isPaused: false, deadline: null }, structure, all);
}

const names = (mirror: RunMirror, tasks: readonly number[]) =>
  tasks.map((task) => mirror.structure.tasks[task]!.taskId);

test("a run begins with its roots, and a task's end makes ready what is directly below", (t) => {
  const dag = new Dag("a");
  const first = dag.task("first", async () => 1)();
  const left = dag
    .task("left", async () => 1)()
    .after(first);
  const right = dag
    .task("right", async () => 1)()
    .after(first);
  dag
    .task("join", async () => 1)()
    .after(left, right);
  const mirror = mirrorOf(dag);
  t.deepEqual(names(mirror, mirror.evaluate().ready), ["first"]);
  mirror.settle("first", "queued");
  t.true(mirror.follow("first", -1, "success"));
  t.deepEqual(names(mirror, mirror.evaluate().ready), ["left", "right"]);
  mirror.settle("left", "queued");
  mirror.settle("right", "queued");
  t.true(mirror.follow("left", -1, "success"));
  t.deepEqual(mirror.evaluate().ready, []);
  t.true(mirror.follow("right", -1, "success"));
  t.deepEqual(names(mirror, mirror.evaluate().ready), ["join"]);
  t.is(mirror.end, null);
  mirror.settle("join", "success");
  t.is(mirror.end, "success");
});

test("a task that another one decides to skip fits the picture, and is skipped again when it is cleared", (t) => {
  const dag = new Dag("a");
  const taken = dag.task("taken", async () => 1)();
  const other = dag.task("other", async () => 1)();
  dag
    .if(() => true, undefined, { taskId: "decides" })
    .then(taken)
    .else(other);
  const mirror = mirrorOf(dag);
  mirror.evaluate();
  mirror.settle("decides", "queued");
  t.true(mirror.follow("decides", -1, "success"));
  t.true(mirror.follow("other", -1, "skipped"));
  t.deepEqual(names(mirror, mirror.evaluate().ready), ["taken"]);
  const { structure } = mirror;
  const states = new Map<string, TaskInstanceState>([
    ["decides", "success"],
    ["taken", "success"],
    ["other", null],
  ]);
  const cleared = new RunMirror(
    { dagRunId: 1, isPaused: false, deadline: null },
    structure,
    states,
    new Set(["other"]),
  );
  t.deepEqual(cleared.evaluate(), { ready: [], settled: [[structure.indexOf.get("other")!, "skipped"]] });
});

const sorted = (tasks: readonly number[]) => tasks.toSorted((a, b) => a - b).join();

const DOUBTS: readonly { title: string; before: TaskInstanceState; after: TaskInstanceState; taskId?: string }[] = [
  { title: "a task that ends without having been queued", before: null, after: "success" },
  { title: "a task that was cleared", before: "success", after: null },
  { title: "a task that ends twice, differently", before: "success", after: "failed" },
  { title: "a task that the run does not have", before: null, after: "success", taskId: "other" },
];

for (const { title, before, after, taskId = "t" } of DOUBTS) {
  test(`${title} puts the picture in doubt`, (t) => {
    const dag = new Dag("a");
    dag.task("t", async () => 1)();
    t.false(mirrorOf(dag, { t: before }).follow(taskId, -1, after));
  });
}

test("following changes one by one comes to what loading the whole run comes to", (t) => {
  const outcome = fc.constantFrom<TaskInstanceState>("success", "failed", "skipped");
  const task = fc.record({
    rule: fc.constantFrom(...TRIGGER_RULES),
    above: fc.array(fc.nat(9), { maxLength: 3 }),
    outcome,
  });
  fc.assert(
    fc.property(fc.array(task, { minLength: 1, maxLength: 10 }), (specs) => {
      const dag = new Dag("a");
      const placed = specs.map(({ rule }, i) => dag.task(`t${i}`, async () => 1, { triggerRule: rule })());
      specs.forEach(({ above }, i) => {
        for (const other of above) if (other < i) placed[i]!.after(placed[other]!);
      });
      const mirror = mirrorOf(dag);
      for (;;) {
        const { ready } = mirror.evaluate();
        const states = Object.fromEntries(
          names(
            mirror,
            specs.map((_, i) => i),
          ).map((id, i) => [id, mirror.stateOf(i)]),
        );
        const fresh = mirrorOf(dag, states);
        // Everything that could be judged has been: a fresh picture settles nothing and finds the same tasks ready.
        const again = fresh.evaluate();
        if (again.settled.length > 0 || sorted(again.ready) !== sorted(ready)) return false;
        if (mirror.end !== fresh.end || mirror.isStuck !== fresh.isStuck) return false;
        if (ready.length === 0) return mirror.end !== null;
        for (const i of ready) {
          mirror.settle(`t${i}`, "queued");
          if (!mirror.follow(`t${i}`, -1, specs[i]!.outcome)) return false;
        }
      }
    }),
    { numRuns: 1_000 },
  );
  t.pass();
});
