import test from "ava";
import { Dag } from "#sdk/index.ts";
import { serializeDag } from "#sdk/serialize.ts";

const FILE = { fileloc: "/dags/a.ts", relativeFileloc: "a.ts" };

/** What Airflow fills in from its configuration when it receives a Dag. */
const CONFIG_DEFAULTS = {
  catchup: false,
  disable_bundle_versioning: false,
  max_active_runs: 16,
  max_active_tasks: 16,
  max_consecutive_failed_dag_runs: 0,
};

const ROOT_GROUP = {
  _group_id: null,
  group_display_name: "",
  prefix_group_id: true,
  tooltip: "",
  ui_color: "CornflowerBlue",
  ui_fgcolor: "#000",
  upstream_group_ids: [],
  downstream_group_ids: [],
  upstream_task_ids: [],
  downstream_task_ids: [],
};

const TASK = {
  task_type: "TypeScriptOperator",
  _task_module: "airflow.sdk.coordinators.node",
  language: "typescript",
  template_fields: [],
  is_stub: true,
};

function received(dag: Dag) {
  const { fileloc, relative_fileloc, ...fields } = serializeDag(dag, FILE).dag;
  return { ...CONFIG_DEFAULTS, ...fields };
}

test("a DAG of one task serializes as Airflow's conformance fixture has it", (t) => {
  const dag = new Dag("conformance_minimal");
  dag.task("solo", async () => undefined)();
  t.deepEqual(received(dag) as unknown, {
    dag_id: "conformance_minimal",
    timezone: "UTC",
    timetable: { __type: "airflow.timetables.simple.NullTimetable", __var: {} },
    ...CONFIG_DEFAULTS,
    allowed_run_types: null,
    deadline: null,
    dag_dependencies: [],
    edge_info: {},
    params: [],
    task_group: { ...ROOT_GROUP, children: { solo: ["operator", "solo"] } },
    tasks: [{ __type: "operator", __var: { task_id: "solo", ...TASK } }],
  });
});

test("a diamond's edges are sorted downstream ids, and its schedule a cron timetable in UTC", (t) => {
  const dag = new Dag("conformance_diamond", { schedule: "@daily" });
  const root = dag.task("root", async () => 1)();
  const right = dag.task("right", async (_: { root: number }) => 2)({ root });
  const left = dag.task("left", async (_: { root: number }) => 3)({ root });
  dag.task("join", async (_: { right: number; left: number }) => 4)({ right, left });
  const { timetable, tasks } = received(dag);
  t.deepEqual(timetable, {
    __type: "airflow.timetables.trigger.CronTriggerTimetable",
    __var: { expression: "0 0 * * *", interval: 0, run_immediately: false, timezone: "UTC" },
  });
  const downstream = tasks.map(({ __var }) => [__var.task_id, __var.downstream_task_ids]);
  t.deepEqual(downstream, [
    ["root", ["left", "right"]],
    ["right", ["join"]],
    ["left", ["join"]],
    ["join", undefined],
  ]);
});

test("an edge to a group goes to its roots, and an edge from a group comes from its leaves", (t) => {
  const dag = new Dag("groups");
  const start = dag.task("start", () => 0)();
  const group = dag.taskGroup("g");
  const a = group.task("a", () => 1)();
  const b = group.task("b", () => 2)();
  a.before(b);
  const end = dag.task("end", () => 3)();
  start.before(group);
  group.before(end);
  const tasks = received(dag).tasks.map(({ __var }) => [__var.task_id, __var.downstream_task_ids]);
  t.deepEqual(tasks, [
    ["start", ["g.a"]],
    ["g.a", ["g.b"]],
    ["g.b", ["end"]],
    ["end", undefined],
  ]);
});

test("spec values equal to Airflow's defaults are left out, others are written under Airflow's names", (t) => {
  const dag = new Dag("specs", { queue: "gpu", tags: ["b", "a", "b"], startDate: new Date(1546300800000) });
  dag.task("x", () => 1, { retries: 2, retryDelay: 300, pool: "default_pool" })();
  const { tags, start_date, tasks } = received(dag);
  t.deepEqual({ tags, start_date }, { tags: ["a", "b"], start_date: 1546300800 });
  t.deepEqual(tasks[0]!.__var, { task_id: "x", ...TASK, queue: "gpu", retries: 2 });
});

const BROKEN: [title: string, declare: (dag: Dag) => void, message: RegExp][] = [
  ["a task that is never called", (dag) => void dag.task("t", () => 1), /Task "t" of Dag "d" is never called/],
  ["two tasks of one id", (dag) => [dag.task("t", () => 1)(), dag.task("t", () => 1)], /already registered/],
  ["a task called twice", (dag) => twice(dag.task("t", () => 1)), /was already called/],
  ["an id with a dot", (dag) => dag.task("a.b", () => 1), /cannot contain "\."/],
  ["an unknown option", (dag) => dag.task("t", () => 1, { retrys: 1 } as object), /Unknown option "retrys"/],
  [
    "a literal that JSON cannot carry",
    (dag) => dag.task("t", (_: { at: Date }) => 1)({ at: new Date() as never }),
    /holds a Date/,
  ],
  ["a cycle", cycle, /has a cycle: a >> b >> a/],
  [
    "a wrong type",
    (dag) => dag.task("t", () => 1, { retries: "2" as never })(),
    /retries for task "t" of Dag "d" must be a finite number, not a string/,
  ],
];

for (const [title, declare, message] of BROKEN) {
  test(`${title} is refused with a message that names it`, (t) => {
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

function twice(place: () => unknown): void {
  place();
  place();
}

function cycle(dag: Dag): void {
  const a = dag.task("a", () => 1)();
  const b = dag.task("b", () => 2)();
  a.before(b);
  b.before(a);
}
