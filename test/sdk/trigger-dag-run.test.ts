import test from "ava";
import { Dag, type TriggerDagRunSpec, triggerDagRun } from "#sdk/index.ts";
import { serializeDag } from "#sdk/serialize.ts";

const FILE = { fileloc: "/dags/a.ts", relativeFileloc: "a.ts" };

test("a trigger is a task with a link and a dependency between the two DAGs", (t) => {
  const dag = new Dag("d");
  dag.taskGroup("g").task("t", triggerDagRun({ dagId: "x", conf: { a: 1 } }))();
  const serialized = serializeDag(dag, FILE).dag;
  t.deepEqual(serialized.tasks[0]!.__var as unknown, {
    task_id: "g.t",
    task_type: "TypeScriptOperator",
    _task_module: "airflow.sdk.coordinators.node",
    language: "typescript",
    template_fields: [],
    is_stub: true,
    _operator_name: "TriggerDagRunOperator",
    ui_color: "#ffefeb",
    _operator_extra_links: { "Triggered DAG": "_link_TriggerDagRunLink" },
  });
  t.deepEqual(serialized.dag_dependencies, [
    { source: "d", target: "x", label: "g.t", dependency_type: "trigger", dependency_id: "g.t" },
  ]);
});

test("the older spelling places the task at once", (t) => {
  const dag = new Dag("d");
  const ref = dag.triggerDagRun({ taskId: "t", dagId: "x", waitForCompletion: true, retries: 2 });
  ref.before(dag.task("after", () => 1)());
  t.like(serializeDag(dag, FILE).dag.tasks[0]!.__var, { task_id: "t", retries: 2, downstream_task_ids: ["after"] });
});

const WRONG_OPTIONS: readonly [options: unknown, message: string][] = [
  [undefined, "triggerDagRun(...) takes an options object"],
  [[], "triggerDagRun(...) takes an options object"],
  [{ dagId: "x", dag_id: "x" }, 'Unknown option "dag_id" for triggerDagRun(...)'],
  [{}, "triggerDagRun(...) needs the dagId of the Dag to trigger"],
  [{ dagId: "" }, "triggerDagRun(...) needs the dagId of the Dag to trigger"],
  [{ dagId: "x", conf: [] }, 'triggerDagRun(...) option "conf" must be an object'],
  [{ dagId: "x", runId: 1 }, 'triggerDagRun(...) option "runId" must be a string'],
  [{ dagId: "x", note: 1 }, 'triggerDagRun(...) option "note" must be a string'],
  [{ dagId: "x", deferrable: "yes" }, 'triggerDagRun(...) option "deferrable" must be a boolean'],
  [{ dagId: "x", logicalDate: "2020" }, 'triggerDagRun(...) option "logicalDate" must be a valid Date'],
  [{ dagId: "x", runAfter: new Date(Number.NaN) }, 'triggerDagRun(...) option "runAfter" must be a valid Date'],
  [{ dagId: "x", pokeInterval: -1 }, 'triggerDagRun(...) option "pokeInterval" must be a non-negative number'],
  [
    { dagId: "x", failedStates: "failed" },
    'triggerDagRun(...) option "failedStates" must be an array of Dag run states',
  ],
  [
    { dagId: "x", allowedStates: ["done"] },
    'triggerDagRun(...) option "allowedStates" holds "done", which is not a Dag run state; use one of queued, running, success, failed',
  ],
];

for (const [options, message] of WRONG_OPTIONS) {
  test(`${JSON.stringify(options) ?? "nothing"} is refused: ${message}`, (t) => {
    t.throws(() => triggerDagRun(options as TriggerDagRunSpec), { message });
  });
}

const WRONG_TASKS: readonly [title: string, declare: (dag: Dag) => unknown, message: string][] = [
  [
    "a trigger without an id",
    (dag) => dag.task(triggerDagRun({ dagId: "x" })),
    'A triggerDagRun task of Dag "d" has no taskId; name it with dag.task(triggerDagRun({ dagId: "..." }), { taskId: "trigger_downstream" })',
  ],
  [
    "a trigger with inputs",
    (dag) => (dag.task("t", triggerDagRun({ dagId: "x" })) as (inputs: object) => unknown)({ a: 1 }),
    'Task "t" of Dag "d" is a triggerDagRun task, which takes no inputs',
  ],
  [
    "a conf that JSON cannot carry",
    (dag) => dag.task("t", triggerDagRun({ dagId: "x", conf: { at: new Date() as never } }))(),
    'conf of task "t" of Dag "d" holds a Date, which JSON cannot carry; pass a string, a finite number, a boolean, null, an array or a plain object',
  ],
];

for (const [title, declare, message] of WRONG_TASKS) {
  test(`${title} is refused`, (t) => {
    t.throws(
      () => {
        const dag = new Dag("d");
        declare(dag);
        serializeDag(dag, FILE);
      },
      { message },
    );
  });
}

test.serial("whether a trigger defers by default comes from the environment", (t) => {
  t.teardown(() => delete process.env.AIRFLOW__OPERATORS__DEFAULT_DEFERRABLE);
  for (const text of ["True", "f", "1"]) {
    process.env.AIRFLOW__OPERATORS__DEFAULT_DEFERRABLE = text;
    t.notThrows(() => triggerDagRun({ dagId: "x" }));
  }
  process.env.AIRFLOW__OPERATORS__DEFAULT_DEFERRABLE = "yes";
  t.throws(() => triggerDagRun({ dagId: "x" }), {
    message: 'AIRFLOW__OPERATORS__DEFAULT_DEFERRABLE is "yes", which is not a boolean; use true or false',
  });
});
