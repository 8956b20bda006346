import test from "ava";
import { differences, type Json, type LogicalDag, writeLogicalDag } from "./conformance.ts";

const NO_EDGES = { upstream_group_ids: [], downstream_group_ids: [], upstream_task_ids: [], downstream_task_ids: [] };
const LOOK = { group_display_name: "", tooltip: "", ui_color: "CornflowerBlue", ui_fgcolor: "#000" };
const group = (id: string | null, children: object, edges: object = {}) => ({
  _group_id: id,
  prefix_group_id: true,
  ...LOOK,
  children,
  ...NO_EDGES,
  ...edges,
});
const leaves = (...ids: string[]) => Object.fromEntries(ids.map((id) => [id, ["operator", id]]));

/** A task as Python writes it. */
const task = (task_id: string, fields: object = {}) => ({
  __type: "operator",
  __var: {
    task_id,
    task_type: "NoopOperator",
    _task_module: "__main__",
    template_fields: [],
    retry_delay: 300.0,
    _needs_expansion: false,
    has_retry_policy: false,
    ...fields,
  },
});
const down = (...ids: string[]) => ({ downstream_task_ids: ids });

const NEVER = { __type: "airflow.timetables.simple.NullTimetable", __var: {} };
const python = (dag_id: string, tasks: readonly object[], task_group: object, fields: object = {}): Json =>
  ({
    __version: 3,
    dag: {
      dag_id,
      timezone: "UTC",
      timetable: NEVER,
      catchup: false,
      disable_bundle_versioning: false,
      max_active_runs: 16,
      max_active_tasks: 16,
      max_consecutive_failed_dag_runs: 0,
      allowed_run_types: null,
      deadline: null,
      dag_dependencies: [],
      edge_info: {},
      params: [],
      task_group,
      tasks,
      ...fields,
    },
  }) as unknown as Json;

const CASES: readonly [title: string, logical: LogicalDag, expected: Json][] = [
  [
    "the minimal fixture",
    { dag_id: "conformance_minimal", tasks: [{ task_id: "solo" }] },
    python("conformance_minimal", [task("solo")], group(null, leaves("solo"))),
  ],
  [
    "the diamond fixture",
    {
      dag_id: "conformance_diamond",
      spec: { schedule: "0 0 * * *" },
      tasks: [
        { task_id: "root" },
        { task_id: "right", upstream: ["root"] },
        { task_id: "left", upstream: ["root"] },
        { task_id: "join", upstream: ["right", "left"] },
      ],
    },
    python(
      "conformance_diamond",
      [task("root", down("left", "right")), task("right", down("join")), task("left", down("join")), task("join")],
      group(null, leaves("root", "right", "left", "join")),
      {
        timetable: {
          __type: "airflow.timetables.trigger.CronTriggerTimetable",
          __var: { expression: "0 0 * * *", interval: 0.0, run_immediately: false, timezone: "UTC" },
        },
      },
    ),
  ],
  [
    "task fields, and literals",
    {
      dag_id: "fields",
      spec: { tags: ["b", "a", "b"], startDate: new Date("2020-01-01T00:00:00Z"), failFast: false, dagrunTimeout: 60 },
      tasks: [
        {
          task_id: "x",
          spec: { retries: 2, retryDelay: 1.5, pool: "default_pool" },
          literals: { n: 1, list: ["a", null] },
        },
        { task_id: "y", spec: { triggerRule: "all_done" }, upstream: ["x"], literals: { region: "eu" } },
      ],
    },
    python(
      "fields",
      [task("x", { retries: 2, retry_delay: 1.5, ...down("y") }), task("y", { trigger_rule: "all_done" })],
      group(null, leaves("x", "y")),
      { tags: ["a", "b"], start_date: 1577836800.0, dagrun_timeout: 60.0 },
    ),
  ],
  [
    "groups within each other, and edges between tasks and groups",
    {
      dag_id: "groups",
      groups: ["g", "g.inner", "h"],
      tasks: [
        { task_id: "start" },
        { task_id: "g.a", group: "g" },
        { task_id: "g.inner.b", group: "g.inner", upstream: ["g.a"] },
        { task_id: "h.c", group: "h" },
        { task_id: "end" },
      ],
      order_edges: [
        ["start", "g"],
        ["g", "h"],
        ["h", "end"],
      ],
    },
    python(
      "groups",
      [
        task("start", down("g.a")),
        task("g.a", down("g.inner.b")),
        task("g.inner.b", down("h.c")),
        task("h.c", down("end")),
        task("end"),
      ],
      group(null, {
        ...leaves("start", "end"),
        g: [
          "taskgroup",
          group(
            "g",
            { ...leaves("g.a"), "g.inner": ["taskgroup", group("inner", leaves("g.inner.b"))] },
            { upstream_task_ids: ["start"], downstream_group_ids: ["h"] },
          ),
        ],
        h: [
          "taskgroup",
          group("h", leaves("h.c"), {
            upstream_group_ids: ["g"],
            upstream_task_ids: ["g.inner.b"],
            downstream_task_ids: ["end"],
          }),
        ],
      }),
    ),
  ],
  [
    "a group without a prefix, and one without tasks that is stepped over",
    {
      dag_id: "empty",
      groups: [{ id: "g", spec: { prefixGroupId: false } }, "nothing"],
      tasks: [{ task_id: "a", group: "g" }, { task_id: "b" }],
      order_edges: [
        ["g", "nothing"],
        ["nothing", "b"],
      ],
    },
    python(
      "empty",
      [task("a", down("b")), task("b")],
      group(null, {
        ...leaves("b"),
        g: ["taskgroup", { ...group("g", leaves("a"), { downstream_group_ids: ["nothing"] }), prefix_group_id: false }],
        nothing: [
          "taskgroup",
          group("nothing", {}, { upstream_group_ids: ["g"], upstream_task_ids: ["a"], downstream_task_ids: ["b"] }),
        ],
      }),
    ),
  ],
  [
    "a condition and a branch",
    {
      dag_id: "branches",
      tasks: [
        { task_id: "rows" },
        { task_id: "yes" },
        { task_id: "no" },
        // biome-ignore lint/suspicious/noThenProperty: the harness's word for it.
        { task_id: "holds", upstream: ["rows"], branch: { then: "yes", else: "no" } },
        { task_id: "choose", branch: { cases: ["yes", "no"] } },
      ],
    },
    python(
      "branches",
      [
        task("rows", down("holds")),
        task("yes"),
        task("no"),
        task("holds", { _can_skip_downstream: true, ...down("no", "yes") }),
        task("choose", { _can_skip_downstream: true, ...down("no", "yes") }),
      ],
      group(null, leaves("rows", "yes", "no", "holds", "choose")),
    ),
  ],
  [
    "a trigger of another DAG",
    { dag_id: "triggers", tasks: [{ task_id: "t", trigger_dag_run: { dagId: "other" } }] },
    python(
      "triggers",
      [
        task("t", {
          _operator_name: "TriggerDagRunOperator",
          ui_color: "#ffefeb",
          _operator_extra_links: { "Triggered DAG": "_link_TriggerDagRunLink" },
        }),
      ],
      group(null, leaves("t")),
      {
        dag_dependencies: [
          { source: "triggers", target: "other", label: "t", dependency_type: "trigger", dependency_id: "t" },
        ],
      },
    ),
  ],
];

for (const [title, logical, expected] of CASES) {
  test(`${title}: serialized as Python's SDK has it`, (t) => {
    t.deepEqual(differences(writeLogicalDag(logical), expected), []);
  });
}

const change = (key: string, value: Json): Json => {
  const { __version, dag } = CASES[0]![2] as { __version: Json; dag: Record<string, Json> };
  return { __version, dag: { ...dag, [key]: value } };
};

test("the comparison tells what differs: a key, its kind of value, a task's field", (t) => {
  const [, logical, expected] = CASES[0]!;
  const ours = writeLogicalDag(logical);
  t.deepEqual(differences(ours, change("catchup", 0)), ["dag.catchup"]);
  t.deepEqual(differences(ours, change("description", "")), ["dag.description"]);
  t.deepEqual(differences(ours, change("tasks", [task("solo", { retries: 1 })] as unknown as Json)), ["solo.retries"]);
  t.deepEqual(differences(ours, change("tasks", [task("other")] as unknown as Json)), ["tasks"]);
  t.deepEqual(differences(ours, { ...(expected as object), __version: 2 }), ["__version"]);
});
