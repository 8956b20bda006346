import test from "ava";
import { Dag } from "#sdk/index.ts";
import { serializeDag } from "#sdk/serialize.ts";
import type { TaskSpec } from "#sdk/specs.ts";

const FILE = { fileloc: "/dags/a.ts", relativeFileloc: "a.ts" };
const place = (dag: Dag, id: string, spec?: TaskSpec) => dag.task(id, async () => undefined, spec)();

function tasksOf(dag: Dag) {
  return Object.fromEntries(serializeDag(dag, FILE).dag.tasks.map(({ __var }) => [__var.task_id, __var]));
}

test("a teardown marks its setups, comes after them, and waits by its own rule", (t) => {
  const dag = new Dag("d");
  const create = place(dag, "create");
  const work = place(dag, "work").after(create);
  place(dag, "remove").asTeardown({ setups: create, onFailureFailDagrun: true }).after(work);
  const tasks = tasksOf(dag);
  t.like(tasks.create, { is_setup: true, downstream_task_ids: ["remove", "work"] });
  t.like(tasks.remove, { is_teardown: true, on_failure_fail_dagrun: true, trigger_rule: "all_done_setup_success" });
  t.false("is_setup" in tasks.work! || "is_teardown" in tasks.work!);
});

test("a setup and a teardown can stand alone", (t) => {
  const dag = new Dag("d");
  place(dag, "create").asSetup();
  place(dag, "remove").asTeardown();
  const tasks = tasksOf(dag);
  t.true(tasks.create!.is_setup);
  t.is(tasks.remove!.trigger_rule, "all_done_setup_success");
  t.false("on_failure_fail_dagrun" in tasks.remove!);
});

test("what follows a group does not wait for the group's teardowns", (t) => {
  const dag = new Dag("d");
  const group = dag.taskGroup("g");
  const create = group.task("create", async () => 1)();
  const work = group
    .task("work", async () => 1)()
    .after(create);
  group
    .task("remove", async () => 1)()
    .asTeardown({ setups: create })
    .after(work);
  group.before(place(dag, "end"));
  const tasks = tasksOf(dag);
  t.deepEqual(tasks["g.work"]!.downstream_task_ids, ["end", "g.remove"]);
  t.deepEqual(tasks["g.remove"]!.downstream_task_ids, undefined);
});

test("failFast takes tasks that wait for success, and teardowns", (t) => {
  const dag = new Dag("d", { failFast: true });
  const create = place(dag, "create");
  place(dag, "remove").asTeardown({ setups: [create] });
  t.notThrows(() => serializeDag(dag, FILE));
});

const MISTAKES: readonly (readonly [message: RegExp, mistake: (dag: Dag) => unknown])[] = [
  [/^Cannot mark task 't' as setup; task is already a teardown\.$/, (dag) => place(dag, "t").asTeardown().asSetup()],
  [/^Cannot mark task 't' as teardown; task is already a setup\.$/, (dag) => place(dag, "t").asSetup().asTeardown()],
  [
    /^Cannot mark task 'a' as setup; task is already a teardown\.$/,
    (dag) => place(dag, "t").asTeardown({ setups: place(dag, "a").asTeardown() }),
  ],
  [
    /Trigger rule not configurable for teardown tasks/,
    (dag) => place(dag, "t", { triggerRule: "always" }).asTeardown(),
  ],
  [
    /Setup tasks must be followed with trigger rule ALL_SUCCESS: task "after"/,
    (dag) =>
      place(dag, "t")
        .asSetup()
        .before(place(dag, "after", { triggerRule: "all_done" })),
  ],
  [/Unknown option "setup" for asTeardown\(\)/, (dag) => place(dag, "t").asTeardown({ setup: 1 } as never)],
  [/asTeardown\(\) on Dag "d" takes tasks/, (dag) => place(dag, "t").asTeardown({ setups: "a" as never })],
  [/must be a boolean, not the number 1/, (dag) => place(dag, "t").asTeardown({ onFailureFailDagrun: 1 as never })],
];

for (const [message, mistake] of MISTAKES) {
  test(`a setup or teardown is refused: ${message.source}`, (t) => {
    const dag = new Dag("d");
    const write = () => {
      mistake(dag);
      serializeDag(dag, FILE);
    };
    t.throws(write, { message });
  });
}

test("failFast is refused beside another trigger rule", (t) => {
  const dag = new Dag("d", { failFast: true });
  place(dag, "t", { triggerRule: "all_done" });
  t.throws(() => serializeDag(dag, FILE), { message: /^A 'fail_fast' dag can only have all_success trigger rule/ });
});
