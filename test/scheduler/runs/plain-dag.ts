import type { SerializedDag } from "#sdk/serialized-dag.ts";
import type { TriggerRule } from "#sdk/trigger-rule.ts";

/** A task of a DAG that a test writes down in Airflow's serialized form, without the SDK. */
export interface PlainTask {
  readonly id: string;
  /** Tasks directly before it. @default none */
  readonly after?: readonly string[];
  /** @default "all_success" */
  readonly rule?: TriggerRule;
  /** What it is expanded over: a literal length, or the task that returns the items. */
  readonly over?: PlainMap;
  /** The mapped group that it is in. */
  readonly group?: string;
  readonly isSetup?: boolean;
  readonly isTeardown?: boolean;
  readonly failsRun?: boolean;
  readonly dependsOnPast?: boolean;
  readonly fields?: object;
}

export type PlainMap = number | string;

export interface PlainDag {
  readonly tasks: readonly PlainTask[];
  /** What each mapped group is expanded over. */
  readonly groups?: Readonly<Record<string, PlainMap>>;
  readonly failFast?: boolean;
}

/** The serialized form of a DAG, as far as runs are evaluated by it. */
export function plainDag({ tasks, groups = {}, failFast = false }: PlainDag, dagId = "d"): SerializedDag {
  const children = Object.fromEntries([
    ...tasks.filter(({ group }) => group === undefined).map(({ id }) => [id, ["operator", id]]),
    ...Object.entries(groups).map(([group, over]) => [group, ["taskgroup", mappedGroup(group, over, tasks)]]),
  ]);
  const dag = {
    dag_id: dagId,
    fileloc: `/dags/${dagId}.ts`,
    relative_fileloc: `${dagId}.ts`,
    timezone: "UTC",
    timetable: { __type: "airflow.timetables.simple.NullTimetable", __var: {} },
    tasks: tasks.map((task) => ({ __type: "operator", __var: plainTask(task, tasks) })),
    task_group: { _group_id: null, children },
    dag_dependencies: [],
    edge_info: {},
    params: [],
    ...(failFast && { fail_fast: true }),
  };
  return { __version: 3, dag } as unknown as SerializedDag;
}

function plainTask(
  { id, rule, over, isSetup, isTeardown, failsRun, dependsOnPast, fields }: PlainTask,
  all: readonly PlainTask[],
) {
  return {
    task_id: id,
    task_type: "TypeScriptOperator",
    downstream_task_ids: all.filter(({ after }) => after?.includes(id)).map((other) => other.id),
    ...(rule !== undefined && { trigger_rule: rule }),
    ...(over !== undefined && {
      _is_mapped: true,
      _expand_input_attr: "op_kwargs_expand_input",
      op_kwargs_expand_input: expandInput(over),
    }),
    ...(isSetup && { is_setup: true }),
    ...(isTeardown && { is_teardown: true }),
    ...(failsRun && { on_failure_fail_dagrun: true }),
    ...(dependsOnPast && { depends_on_past: true }),
    ...fields,
  };
}

function mappedGroup(group: string, over: PlainMap, tasks: readonly PlainTask[]) {
  const inside = tasks.filter((task) => task.group === group).map(({ id }) => [id, ["operator", id]]);
  return { _group_id: group, is_mapped: true, expand_input: expandInput(over), children: Object.fromEntries(inside) };
}

function expandInput(over: PlainMap) {
  const value =
    typeof over === "number"
      ? Array.from({ length: over }, (_, item) => item)
      : { __type: "xcomref", __var: { task_id: over, key: "return_value" } };
  return { type: "dict-of-lists", value: { __type: "dict", __var: { item: value } } };
}
