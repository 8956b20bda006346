import { Dag, label, type Node, type TaskGroupOptions, type TaskRef, triggerDagRun } from "#sdk/index.ts";
import { serializeDag } from "#sdk/serialize.ts";

/** A DAG as Airflow's conformance harness describes it to the SDKs of all languages. */
export interface LogicalDag {
  readonly dag_id: string;
  /** In camelCase, as this SDK has it. */
  readonly spec?: object;
  /** By their qualified ids. */
  readonly groups?: readonly (string | { readonly id: string; readonly spec: TaskGroupOptions })[];
  readonly tasks: readonly LogicalTask[];
  /** Pairs of task or group ids, and the edge's label. */
  readonly order_edges?: readonly (readonly [upstream: string, downstream: string, label?: string])[];
}

export interface LogicalTask {
  /** The full id. */
  readonly task_id: string;
  readonly group?: string;
  readonly spec?: object;
  /** Tasks whose results it is called with. */
  readonly upstream?: readonly string[];
  readonly literals?: Readonly<Record<string, unknown>>;
  readonly branch?: { readonly then: string; readonly else?: string } | { readonly cases: readonly string[] };
  readonly trigger_dag_run?: { readonly dagId: string };
}

/** Writes a logical DAG with this SDK, and gives what Airflow has after it received it. */
export function writeLogicalDag(logical: LogicalDag): Json {
  const dag = new Dag(logical.dag_id, logical.spec);
  const nodes = new Map<string, Node>();
  const groups = new Map<string, ReturnType<Dag["taskGroup"]>>();
  for (const group of logical.groups ?? []) {
    const { id, spec } = typeof group === "string" ? { id: group, spec: undefined } : group;
    const parent = [...groups.keys()].filter((other) => id.startsWith(`${other}.`)).at(-1);
    const local = parent === undefined ? id : id.slice(parent.length + 1);
    const placed = (parent === undefined ? dag : groups.get(parent)!).taskGroup(local, spec);
    groups.set(id, placed);
    nodes.set(id, placed);
  }
  const isDecider = (task: LogicalTask) => task.branch !== undefined;
  // References are needed before they are used; the harness lists tasks in an order that allows it, branches last.
  for (const task of logical.tasks) {
    const inputs = Object.fromEntries((task.upstream ?? []).map((id) => [id.replaceAll(".", "_"), nodes.get(id)]));
    const args = { ...inputs, ...task.literals };
    const given = Object.keys(args).length > 0 ? [args] : [];
    if (isDecider(task)) {
      placeDecider(dag, task, given, nodes);
      continue;
    }
    const place = task.group === undefined ? dag : groups.get(task.group)!;
    const prefixed = groups.has(task.group ?? "") && task.task_id.startsWith(`${task.group}.`);
    const id = prefixed ? task.task_id.slice(task.group!.length + 1) : task.task_id;
    const run = task.trigger_dag_run === undefined ? async () => undefined : triggerDagRun(task.trigger_dag_run);
    const factory = place.task(id, run, task.spec) as (...inputs: unknown[]) => TaskRef;
    nodes.set(task.task_id, factory(...given));
  }
  for (const [from, to, text] of logical.order_edges ?? []) {
    const end = nodes.get(to)!;
    nodes.get(from)!.before(text === undefined ? end : label(text, end));
  }
  return receive(JSON.parse(JSON.stringify(serializeDag(dag, { fileloc: "/dags/a.ts", relativeFileloc: "a.ts" }))));
}

function placeDecider(
  dag: Dag,
  { task_id, spec, branch }: LogicalTask,
  given: object[],
  nodes: Map<string, Node>,
): void {
  const options = { ...spec, taskId: task_id };
  const ref = (id: string) => nodes.get(id) as TaskRef;
  const declare = (name: "if" | "switch") =>
    (dag[name] as (...args: unknown[]) => never).call(dag, () => true, given[0], options);
  if (branch !== undefined && "cases" in branch) {
    const placed: ReturnType<Dag["switch"]> = declare("switch");
    for (const id of branch.cases) placed.case(ref(id));
    nodes.set(task_id, placed);
  } else if (branch !== undefined) {
    const placed: ReturnType<Dag["if"]> = declare("if");
    const rest = placed.then(ref(branch.then));
    if (branch.else !== undefined) rest.else(ref(branch.else));
    nodes.set(task_id, placed);
  }
}

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type JsonObject = Record<string, Json>;

/** What Airflow fills in from its configuration when it receives a DAG. */
const CONFIG_DEFAULTS = {
  catchup: false,
  disable_bundle_versioning: false,
  max_active_runs: 16,
  max_active_tasks: 16,
  max_consecutive_failed_dag_runs: 0,
};

function receive(serialized: { __version: number; dag: JsonObject }): Json {
  return { __version: serialized.__version, dag: { ...CONFIG_DEFAULTS, ...serialized.dag } };
}

const DAG_KEYS_LEFT_OUT = ["fileloc", "relative_fileloc", "_processor_dags_folder"];
const TASK_KEYS_LEFT_OUT = [
  "task_type",
  "_task_module",
  "language",
  "_needs_expansion",
  "has_retry_policy",
  "is_stub",
  "_arg_bindings",
];
/** A key that only Python wrote is fine when it has the schema's default. */
const TASK_DEFAULTS: JsonObject = {
  depends_on_past: false,
  do_xcom_push: true,
  ignore_first_depends_on_past: false,
  owner: "airflow",
  pool: "default_pool",
  pool_slots: 1,
  priority_weight: 1,
  queue: "default",
  retries: 0,
  retry_delay: 300,
  retry_exponential_backoff: 0,
  returns_dag_result: false,
  trigger_rule: "all_success",
  wait_for_downstream: false,
  wait_for_past_depends_before_skipping: false,
  weight_rule: "downstream",
};

/** Where two serialized DAGs differ, by the rules of Airflow's conformance harness. */
export function differences(ours: Json, python: Json): string[] {
  const [left, right] = [ours as JsonObject, python as JsonObject];
  if (left.__version !== right.__version) return ["__version"];
  const [ourDag, theirDag] = [left.dag as JsonObject, right.dag as JsonObject];
  const keys = new Set([...Object.keys(ourDag), ...Object.keys(theirDag)]);
  const found: string[] = [];
  for (const key of keys) {
    if (DAG_KEYS_LEFT_OUT.includes(key) || key === "tasks") continue;
    if (!(key in ourDag) || !(key in theirDag) || !same(ourDag[key]!, theirDag[key]!)) found.push(`dag.${key}`);
  }
  return [...found, ...taskDifferences(ourDag.tasks as JsonObject[], theirDag.tasks as JsonObject[])];
}

function taskDifferences(ours: readonly JsonObject[], theirs: readonly JsonObject[]): string[] {
  const ids = (tasks: readonly JsonObject[]) => tasks.map((task) => (task.__var as JsonObject).task_id!);
  if (!same(ids(ours), ids(theirs))) return ["tasks"];
  return ours.flatMap((task, index) => {
    const [left, right] = [task.__var as JsonObject, theirs[index]!.__var as JsonObject];
    const keys = new Set(
      [...Object.keys(left), ...Object.keys(right)].filter((key) => !TASK_KEYS_LEFT_OUT.includes(key)),
    );
    const wrong = [...keys].filter((key) => {
      if (!(key in right)) return true;
      return !same((key in left ? left[key] : TASK_DEFAULTS[key]) ?? null, right[key]!);
    });
    const id = String(left.task_id);
    return [...(task.__type === theirs[index]!.__type ? [] : [`${id}.__type`]), ...wrong.map((key) => `${id}.${key}`)];
  });
}

function same(one: Json, other: Json): boolean {
  if (typeof one !== "object" || one === null || typeof other !== "object" || other === null) return one === other;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const [left, right] = [Object.entries(one), Object.entries(other)];
  return (
    left.length === right.length &&
    left.every(([key, value]) => key in other && same(value, (other as JsonObject)[key]!))
  );
}
