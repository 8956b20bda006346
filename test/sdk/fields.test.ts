// Every option of DAGs and tasks that the serialized form has: its name there, how its value is written, that a value
// equal to Airflow's default is left out, and that one of another type is refused.
import test from "ava";
import { Dag, type DagSpec, type TaskOptions } from "#sdk/index.ts";
import { serializeDag } from "#sdk/serialize.ts";

const FILE = { fileloc: "/dags/a.ts", relativeFileloc: "a.ts" };

type Kind =
  | "a string"
  | "a boolean"
  | "a finite number"
  | "a duration in seconds"
  | "a valid Date"
  | "an array of strings";
/** `plain`: the value that Airflow's schema has as its default, if any. */
type Case<S> = readonly [
  option: keyof S & string,
  value: unknown,
  name: string,
  written: unknown,
  kind: Kind,
  plain?: unknown,
];

const DATE = new Date("2024-02-29T12:30:00.250Z");
const SECONDS = 1_709_209_800.25;

const DAG: readonly Case<DagSpec>[] = [
  ["description", "Déscription 💐", "description", "Déscription 💐", "a string"],
  ["startDate", DATE, "start_date", SECONDS, "a valid Date"],
  ["endDate", DATE, "end_date", SECONDS, "a valid Date"],
  ["tags", ["b", "a", "b"], "tags", ["a", "b"], "an array of strings"],
  ["dagDisplayName", "Shown", "dag_display_name", "Shown", "a string"],
  ["docMd", "# Doc\n  text", "doc_md", "# Doc\n  text", "a string"],
  ["maxActiveTasks", 16, "max_active_tasks", 16, "a finite number"],
  ["maxActiveRuns", 16, "max_active_runs", 16, "a finite number"],
  ["maxConsecutiveFailedDagRuns", 0, "max_consecutive_failed_dag_runs", 0, "a finite number"],
  ["dagrunTimeout", 90.5, "dagrun_timeout", 90.5, "a duration in seconds"],
  ["catchup", false, "catchup", false, "a boolean"],
  ["catchup", true, "catchup", true, "a boolean"],
  ["failFast", true, "fail_fast", true, "a boolean", false],
  ["renderTemplateAsNativeObj", true, "render_template_as_native_obj", true, "a boolean", false],
  ["disableBundleVersioning", false, "disable_bundle_versioning", false, "a boolean"],
  ["isPausedUponCreation", false, "is_paused_upon_creation", false, "a boolean"],
];

const TASK: readonly Case<TaskOptions>[] = [
  ["owner", "me", "owner", "me", "a string", "airflow"],
  ["startDate", DATE, "start_date", SECONDS, "a valid Date"],
  ["endDate", DATE, "end_date", SECONDS, "a valid Date"],
  ["triggerRule", "none_failed", "trigger_rule", "none_failed", "a string", "all_success"],
  ["dependsOnPast", true, "depends_on_past", true, "a boolean", false],
  ["ignoreFirstDependsOnPast", true, "ignore_first_depends_on_past", true, "a boolean"],
  ["ignoreFirstDependsOnPast", false, "ignore_first_depends_on_past", false, "a boolean"],
  ["waitForPastDependsBeforeSkipping", true, "wait_for_past_depends_before_skipping", true, "a boolean", false],
  ["waitForDownstream", true, "wait_for_downstream", true, "a boolean", false],
  ["retries", 2, "retries", 2, "a finite number", 0],
  ["queue", "gpu", "queue", "gpu", "a string", "default"],
  ["pool", "small", "pool", "small", "a string", "default_pool"],
  ["poolSlots", 3, "pool_slots", 3, "a finite number", 1],
  ["executionTimeout", 1.5, "execution_timeout", 1.5, "a duration in seconds"],
  ["retryDelay", 0, "retry_delay", 0, "a duration in seconds", 300],
  ["retryExponentialBackoff", 2, "retry_exponential_backoff", 2, "a finite number", 0],
  ["maxRetryDelay", 600, "max_retry_delay", 600, "a duration in seconds"],
  ["priorityWeight", -5, "priority_weight", -5, "a finite number", 1],
  ["weightRule", "absolute", "weight_rule", "absolute", "a string", "downstream"],
  ["executor", "LocalExecutor", "executor", "LocalExecutor", "a string"],
  ["doXcomPush", false, "do_xcom_push", false, "a boolean", true],
  ["returnsDagResult", true, "returns_dag_result", true, "a boolean", false],
  ["docMd", "# Doc", "doc_md", "# Doc", "a string"],
  ["mapIndexTemplate", "{{ n }}", "map_index_template", "{{ n }}", "a string"],
  ["maxActiveTisPerDag", 1, "max_active_tis_per_dag", 1, "a finite number"],
  ["maxActiveTisPerDagrun", 1, "max_active_tis_per_dagrun", 1, "a finite number"],
];

const serialized = (dagSpec: object, taskSpec: object = {}) => {
  const dag = new Dag("d", dagSpec);
  dag.task("t", () => 1, taskSpec)();
  return serializeDag(dag, FILE).dag;
};
const dagFields = (spec: object): Record<string, unknown> => ({ ...serialized(spec) });
const taskFields = (spec: object): Record<string, unknown> => ({ ...serialized({}, spec).tasks[0]!.__var });

/** What every DAG and every task says. */
const ALWAYS_OF_DAG = [
  ...["dag_id", "fileloc", "relative_fileloc", "timezone", "timetable", "tasks", "dag_dependencies", "task_group"],
  ...["edge_info", "params", "deadline", "allowed_run_types"],
];
const ALWAYS_OF_TASK = ["task_id", "task_type", "_task_module", "language", "template_fields", "is_stub"];

/** Values of every type, with how a message names each. */
const OTHERS: readonly [value: unknown, described: string, fits: readonly Kind[]][] = [
  ["text", "a string", ["a string"]],
  [true, "a boolean", ["a boolean"]],
  [1, "a number", ["a finite number", "a duration in seconds"]],
  [Number.NaN, "a number", []],
  [Number.POSITIVE_INFINITY, "a number", []],
  [1n, "a bigint", []],
  [["a"], "an array", ["an array of strings"]],
  [[1], "an array", []],
  [{ a: 1 }, "an object", []],
  [new Date(0), "a Date", ["a valid Date"]],
  [new Date("never"), "an invalid Date", []],
];

for (const [owner, cases, always, write, label] of [
  ["DAG", DAG, ALWAYS_OF_DAG, dagFields, 'Dag "d"'],
  ["task", TASK, ALWAYS_OF_TASK, taskFields, 'task "t" of Dag "d"'],
] as const) {
  test(`a ${owner} that says nothing has no field but those of every one`, (t) => {
    const nothing = Object.fromEntries(cases.map(([option]) => [option, undefined]));
    for (const spec of [{}, nothing]) t.deepEqual(Object.keys(write(spec)).sort(), [...always].sort());
  });

  for (const [option, value, name, written, kind, plain] of cases) {
    test(`${option} of a ${owner}: ${JSON.stringify(value)} is ${name}, ${JSON.stringify(written)}`, (t) => {
      const fields = write({ [option]: value });
      t.deepEqual(fields[name], written);
      t.deepEqual(Object.keys(fields).sort(), [...always, name].sort());
      if (plain !== undefined) t.false(name in write({ [option]: plain }), "Airflow's default is not written");
      for (const [other, described, fits] of OTHERS) {
        if (fits.includes(kind)) continue;
        const message = `${option} for ${label} must be ${kind}, not ${described}`;
        t.throws(() => write({ [option]: other }), { message }, described);
      }
    });
  }
}

test("a DAG's queue is that of each task that names none, and is not written of the DAG", (t) => {
  const dag = new Dag("d", { queue: "gpu" });
  dag.task("own", () => 1, { queue: "cpu" })();
  dag.task("default", () => 1, { queue: "default" })();
  dag.task("none", () => 1)();
  const fields = serializeDag(dag, FILE).dag;
  t.false("queue" in fields);
  t.deepEqual(
    fields.tasks.map(({ __var }) => __var.queue),
    ["cpu", undefined, "gpu"],
  );
  const plain = new Dag("d", { queue: "default" });
  plain.task("none", () => 1)();
  t.false("queue" in serializeDag(plain, FILE).dag.tasks[0]!.__var);
});

test("who is told of failures by mail is written when somebody is, and never without", (t) => {
  const flags = { emailOnFailure: false, emailOnRetry: false };
  t.deepEqual(Object.keys(taskFields(flags)).sort(), [...ALWAYS_OF_TASK].sort());
  t.like(taskFields({ email: "a@example.com", ...flags }), {
    email: "a@example.com",
    email_on_failure: false,
    email_on_retry: false,
  });
});

test("callbacks are flags, and what they are is not written", (t) => {
  const tell = () => undefined;
  const dag = new Dag("d", { onSuccessCallback: tell, onFailureCallback: [tell] });
  dag.task("t", () => 1, { onExecuteCallback: tell, onSkippedCallback: [tell, tell], onRetryCallback: [] })();
  const fields = serializeDag(dag, FILE).dag;
  t.like(fields, { has_on_success_callback: true, has_on_failure_callback: true });
  t.deepEqual(
    Object.keys(fields.tasks[0]!.__var)
      .filter((key) => key.startsWith("has_"))
      .sort(),
    ["has_on_execute_callback", "has_on_skipped_callback"],
  );
  t.deepEqual(JSON.parse(JSON.stringify(fields)), fields as unknown);
});

test("defaultArgs keep the wrappers of Airflow's serialization, and tasks take them", (t) => {
  const dag = new Dag("d", { defaultArgs: { retries: 2, retryDelay: 60, startDate: DATE, owner: "me" } });
  dag.task("t", () => 1, { retries: 0 })();
  const fields = serializeDag(dag, FILE).dag;
  t.deepEqual((fields as unknown as Record<string, unknown>).default_args, {
    __type: "dict",
    __var: {
      retries: 2,
      retry_delay: { __type: "timedelta", __var: 60 },
      start_date: { __type: "datetime", __var: SECONDS },
      owner: "me",
    },
  });
  t.like(fields.tasks[0]!.__var, { retry_delay: 60, start_date: SECONDS, owner: "me" });
  t.false("retries" in fields.tasks[0]!.__var);
});
