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
    "labels of edges between tasks and groups",
    {
      dag_id: "labels",
      groups: ["g"],
      tasks: [{ task_id: "start" }, { task_id: "g.a", group: "g" }, { task_id: "g.b", group: "g" }, { task_id: "end" }],
      order_edges: [
        ["start", "g", "new rows"],
        ["g", "end", "done"],
        ["start", "end", "none"],
      ],
    },
    python(
      "labels",
      [task("start", down("end", "g.a", "g.b")), task("g.a", down("end")), task("g.b", down("end")), task("end")],
      group(null, {
        ...leaves("start", "end"),
        g: [
          "taskgroup",
          group("g", leaves("g.a", "g.b"), { upstream_task_ids: ["start"], downstream_task_ids: ["end"] }),
        ],
      }),
      {
        edge_info: {
          start: { "g.a": { label: "new rows" }, "g.b": { label: "new rows" }, end: { label: "none" } },
          "g.a": { end: { label: "done" } },
          "g.b": { end: { label: "done" } },
        },
      },
    ),
  ],
  [
    "the look of groups",
    {
      dag_id: "looks",
      groups: [
        {
          id: "g",
          spec: {
            groupDisplayName: "Gruppe",
            tooltip: "what it is for",
            uiColor: "#fff",
            uiFgcolor: "red",
            docMd: "# Doc",
            prefixGroupId: true,
          },
        },
      ],
      tasks: [{ task_id: "g.a", group: "g" }],
    },
    python(
      "looks",
      [task("g.a")],
      group(null, {
        g: [
          "taskgroup",
          {
            ...group("g", leaves("g.a")),
            group_display_name: "Gruppe",
            tooltip: "what it is for",
            ui_color: "#fff",
            ui_fgcolor: "red",
            doc_md: "# Doc",
          },
        ],
      }),
    ),
  ],
  [
    "groups three deep, edges drawn from the outside in, and later edges that see earlier ones",
    {
      dag_id: "deep",
      groups: ["a", "a.b", "a.b.c"],
      tasks: [
        { task_id: "a.b.c.z", group: "a.b.c" },
        { task_id: "a.b.c.y", group: "a.b.c" },
        { task_id: "a.b.x", group: "a.b" },
        { task_id: "a.w", group: "a" },
        { task_id: "last" },
      ],
      order_edges: [
        ["a.b.c", "a.b.x"],
        ["a.b", "a.w"],
        ["a", "last"],
        ["a.b.c.z", "a.b.c.y"],
      ],
    },
    python(
      "deep",
      [
        // The edge between the two tasks counts first, whenever it was drawn: z is no leaf of its group.
        task("a.b.c.z", down("a.b.c.y")),
        task("a.b.c.y", down("a.b.x")),
        task("a.b.x", down("a.w")),
        task("a.w", down("last")),
        task("last"),
      ],
      group(null, {
        ...leaves("last"),
        a: [
          "taskgroup",
          group(
            "a",
            {
              ...leaves("a.w"),
              "a.b": [
                "taskgroup",
                group(
                  "b",
                  {
                    ...leaves("a.b.x"),
                    "a.b.c": [
                      "taskgroup",
                      group("c", leaves("a.b.c.z", "a.b.c.y"), { downstream_task_ids: ["a.b.x"] }),
                    ],
                  },
                  { downstream_task_ids: ["a.w"] },
                ),
              ],
            },
            { downstream_task_ids: ["last"] },
          ),
        ],
      }),
    ),
  ],
  [
    "an upstream group without tasks and with nothing before it, which stands for the leaves of the group around it",
    {
      dag_id: "hollow",
      groups: ["g", "g.nothing"],
      tasks: [{ task_id: "g.a", group: "g" }, { task_id: "g.b", group: "g", upstream: ["g.a"] }, { task_id: "end" }],
      order_edges: [["g.nothing", "end"]],
    },
    python(
      "hollow",
      [task("g.a", down("g.b")), task("g.b", down("end")), task("end")],
      group(null, {
        ...leaves("end"),
        g: [
          "taskgroup",
          group("g", {
            ...leaves("g.a", "g.b"),
            "g.nothing": ["taskgroup", group("nothing", {}, { downstream_task_ids: ["end"] })],
          }),
        ],
      }),
    ),
  ],
  [
    "a downstream group without tasks and with nothing after it, which stands for nothing",
    {
      dag_id: "sink",
      groups: ["g", "g.nothing"],
      tasks: [{ task_id: "start" }, { task_id: "g.a", group: "g" }],
      order_edges: [["start", "g.nothing"]],
    },
    python(
      "sink",
      [task("start"), task("g.a")],
      group(null, {
        ...leaves("start"),
        g: [
          "taskgroup",
          group("g", {
            ...leaves("g.a"),
            "g.nothing": ["taskgroup", group("nothing", {}, { upstream_task_ids: ["start"] })],
          }),
        ],
      }),
    ),
  ],
  [
    "every option of a DAG, and ids and texts of other alphabets",
    {
      dag_id: "zażółć.größe-1",
      spec: {
        schedule: "@quarterly",
        description: "Beschreibung 💐",
        startDate: new Date("2020-02-29T00:00:00.500Z"),
        endDate: new Date("2021-01-01T00:00:00+02:00"),
        tags: ["z", "ä", "Z"],
        dagDisplayName: "Zażółć",
        docMd: "# Doc",
        maxActiveTasks: 2,
        maxActiveRuns: 1,
        maxConsecutiveFailedDagRuns: 3,
        dagrunTimeout: 3600,
        catchup: true,
        failFast: true,
        renderTemplateAsNativeObj: true,
        disableBundleVersioning: true,
        isPausedUponCreation: true,
        queue: "gpu",
      },
      tasks: [{ task_id: "größe" }, { task_id: "b", spec: { queue: "default" }, upstream: ["größe"] }],
    },
    python(
      "zażółć.größe-1",
      [task("größe", { queue: "gpu", ...down("b") }), task("b")],
      group(null, leaves("größe", "b")),
      {
        timetable: {
          __type: "airflow.timetables.trigger.CronTriggerTimetable",
          __var: { expression: "0 0 1 */3 *", interval: 0.0, run_immediately: false, timezone: "UTC" },
        },
        description: "Beschreibung 💐",
        start_date: 1582934400.5,
        end_date: 1609452000.0,
        tags: ["Z", "z", "ä"],
        dag_display_name: "Zażółć",
        doc_md: "# Doc",
        max_active_tasks: 2,
        max_active_runs: 1,
        max_consecutive_failed_dag_runs: 3,
        dagrun_timeout: 3600.0,
        catchup: true,
        fail_fast: true,
        render_template_as_native_obj: true,
        disable_bundle_versioning: true,
        is_paused_upon_creation: true,
      },
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
