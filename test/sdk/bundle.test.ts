import test from "ava";
import { collectDags } from "#sdk/collect.ts";
import { Bundle, Dag, TaskHandler, triggerDagRun } from "#sdk/index.ts";

const H = "comes from a different copy of apache-airflow-ts-sdk; deduplicate the dependency so one copy is resolved";
const handler = (dagId: string, taskId: string) => new TaskHandler(dagId, taskId, async () => 1);
const foreign = (name: string, fields: object) =>
  ({ ...fields, [Symbol.for(`airflow.ts-sdk.${name}`)]: true }) as never;

const REFUSED: readonly [title: string, register: () => unknown, message: string][] = [
  ["a plain object", () => new Bundle({} as never), "only Dag and TaskHandler instances can be registered"],
  ["nothing at all", () => new Bundle(undefined as never), "only Dag and TaskHandler instances can be registered"],
  ["a DAG twice", () => new Bundle(new Dag("d"), new Dag("d")), 'Dag "d" is already registered'],
  [
    "a DAG that has task handlers",
    () => new Bundle(handler("d", "t"), new Dag("d")),
    'Dag "d" already has registered task handlers; a Dag declared in TypeScript owns its own tasks, so one Dag ID cannot have both',
  ],
  [
    "a handler of a DAG that is declared here",
    () => new Bundle(new Dag("d"), handler("d", "t")),
    'Dag "d" is declared in TypeScript; attach its tasks with dag.task(...) rather than registering task handlers for them',
  ],
  [
    "a handler twice",
    () => new Bundle(handler("d", "t"), handler("d", "t")),
    'A handler for Dag "d" task "t" is already registered',
  ],
  ["a DAG of a foreign copy", () => new Bundle(foreign("Dag", { dagId: "d" })), `Dag "d" ${H}`],
  [
    "a handler of a foreign copy",
    () => new Bundle(foreign("TaskHandler", { dagId: "d", taskId: "t" })),
    `Task handler for Dag "d" task "t" ${H}`,
  ],
  ["a handler without a DAG", () => handler("", "t"), "dagId for a task handler must be a non-empty string"],
  ["a handler without a task", () => handler("d", ""), "taskId for a task handler must be a non-empty string"],
  [
    "a handler that is no function",
    () => new TaskHandler("d", "t", 1 as never),
    'handler for Dag "d" task "t" must be a function',
  ],
];

for (const [title, register, message] of REFUSED) {
  test(`${title} is refused`, (t) => {
    t.throws(register, { message });
  });
}

test("a call registers all of its items or none", (t) => {
  const bundle = new Bundle();
  t.throws(() => bundle.register(handler("d", "t"), {} as never));
  t.is(bundle.getTaskHandler("d", "t"), undefined);
  bundle.register();
  bundle.register(handler("d", "t"));
  t.is(typeof bundle.getTaskHandler("d", "t"), "function");
});

test("a bundle gives handlers, decisions of deciders, and nothing for operators; it sees tasks that come later", async (t) => {
  const dag = new Dag("d");
  const bundle = new Bundle(dag);
  const work = () => 1;
  const placed = dag.task("work", work)();
  dag.switch(() => placed, undefined, { taskId: "choose" }).case(placed);
  dag.task("trigger", triggerDagRun({ dagId: "x" }))();
  const find = (taskId: string) => bundle.getTaskHandler("d", taskId);
  t.is(find("work"), work);
  t.is(await find("choose")!(undefined as never), "work");
  t.is(find("trigger"), undefined);
  t.is(find("other"), undefined);
  t.is(bundle.getTaskHandler("x", "work"), undefined);
});

test("serving does nothing while a file is loaded, and says that Daisy does it by itself otherwise", async (t) => {
  const dags = await collectDags(() => new Bundle(new Dag("d")).serve());
  t.deepEqual(
    dags.map((dag) => dag.dagId),
    ["d"],
  );
  await t.throwsAsync(new Bundle().serve(), { message: /Daisy loads DAG files by itself/ });
  const { serve } = Bundle.prototype;
  await t.throwsAsync(serve.call({} as never), {
    message: "bundle.serve() must be called on a Bundle; build one with new Bundle(...)",
  });
  await t.throwsAsync(serve.call(foreign("Bundle", {})), { message: `The bundle bundle.serve() was called on ${H}` });
});
