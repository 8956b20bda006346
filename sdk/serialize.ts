import { callbackFlags, DAG_CALLBACKS, TASK_CALLBACKS } from "./callbacks.ts";
import { findCycle } from "./cycle.ts";
import { Dag } from "./dag.ts";
import type { DagGraph, GroupNode, TaskNode } from "./dag-graph.ts";
import { serializeOwnerLinks, serializeRunTypes } from "./dag-options.ts";
import { isDecider } from "./decide.ts";
import { checkDeclared, locateError } from "./declared-at.ts";
import { type GroupLinks, resolveEdges } from "./edges.ts";
import { DAG_FIELDS, type Field, TASK_FIELDS } from "./fields.ts";
import { copyJson, findNonJson } from "./json.ts";
import { isOperator, type Operator } from "./operator.ts";
import { serializeParams } from "./param.ts";
import { DEFAULT_SCHEDULE_SETTINGS, parseSchedule, type ScheduleSettings } from "./schedule.ts";
import { serializeDependencies, serializeTaskAssets } from "./serialize-assets.ts";
import { serializeEmail } from "./serialize-email.ts";
import { checkMapping, serializeExpandInput, serializeXComRef } from "./serialize-expand.ts";
import type {
  ArgBinding,
  SerializedDag,
  SerializedDagFields,
  SerializedTask,
  SerializedTaskFields,
  SerializedTaskGroup,
} from "./serialized-dag.ts";
import { checkSetupTeardown, triggerRuleOf } from "./setup-teardown.ts";
import { sorted } from "./sorted.ts";
import { serializeTemplateFields } from "./template-fields.ts";
import { readTimezone } from "./time-zone.ts";

export interface DagFile {
  /** Absolute path of the DAG file. */
  readonly fileloc: string;
  /** Path below the DAGs folder. */
  readonly relativeFileloc: string;
}

/**
 * Writes a DAG in Airflow's Dag JSON, version 3. Ends declaration: nothing can be added to the DAG afterwards.
 * Throws when a task was never called, a value has the wrong type, or the DAG has a cycle.
 * @param settings what the configuration says of schedules
 */
export function serializeDag(
  dag: Dag,
  file: DagFile,
  settings: ScheduleSettings = DEFAULT_SCHEDULE_SETTINGS,
): SerializedDag {
  return checkDeclared(dag, () => serialize(dag, file, settings));
}

function serialize(dag: Dag, file: DagFile, settings: ScheduleSettings): SerializedDag {
  const timezone = readTimezone(`timezone for Dag "${dag.dagId}"`, dag.spec.timezone ?? settings.timezone);
  const graph = Dag.read(dag);
  const { downstream, groupLinks, edgeInfo } = resolveEdges(graph);
  const cycle = findCycle(downstream);
  if (cycle !== undefined) {
    const error = new Error(
      `Dag "${dag.dagId}" has a cycle: ${cycle.join(" >> ")}. An edge drawn with before() or after() runs in one ` +
        "direction, so a Dag cannot come back to a task it has already run.",
    );
    throw locateError(error, graph.nodes.get(cycle[0]!)!);
  }
  checkMapping(graph);
  checkSetupTeardown(graph, downstream, dag.spec.failFast ?? false);
  const always = {
    dag_id: dag.dagId,
    fileloc: file.fileloc,
    relative_fileloc: file.relativeFileloc,
    timezone,
    timetable: parseSchedule(dag.dagId, dag.spec.schedule, { ...settings, timezone }),
    tasks: graph.tasks.map((task) => checkDeclared(task, () => serializeTask(dag, task, downstream.get(task.id)!))),
    dag_dependencies: serializeDependencies(dag, graph.tasks),
    task_group: serializeGroup(graph, null, groupLinks),
    edge_info: edgeInfo,
    params: serializeParams(`Dag "${dag.dagId}"`, dag.spec.params),
    deadline: null,
    allowed_run_types: serializeRunTypes(`Dag "${dag.dagId}"`, dag.spec),
  };
  const fields = {
    ...serializeFields(DAG_FIELDS, dag.spec, `Dag "${dag.dagId}"`),
    ...serializeOwnerLinks(`Dag "${dag.dagId}"`, dag.spec),
    ...callbackFlags(dag.spec, DAG_CALLBACKS),
    ...(dag.spec.defaultArgs !== undefined && { default_args: serializeDefaultArgs(dag) }),
  };
  return { __version: 3, dag: { ...always, ...fields } as SerializedDagFields };
}

function serializeTask(dag: Dag, task: TaskNode, downstream: ReadonlySet<string>): SerializedTask {
  const label = `task "${task.id}" of Dag "${dag.dagId}"`;
  const spec = { ...task.spec, queue: task.spec.queue ?? dag.spec.queue };
  const bindings = serializeBindings(dag.dagId, task);
  if (isOperator(task.run)) task.run.check?.(label);
  if (task.expand !== undefined && isDecider(task)) {
    throw new Error(
      `${label} decides which tasks are skipped, so it cannot be expanded; put it and what it decides about into a ` +
        "mapped task group",
    );
  }
  const fields = {
    task_id: task.id,
    task_type: "TypeScriptOperator",
    _task_module: "airflow.sdk.coordinators.node",
    language: "typescript",
    template_fields: [],
    is_stub: true,
    ...(isOperator(task.run) && serializeOperator(task.run)),
    ...serializeTemplates(label, task, dag),
    ...(bindings.length > 0 && { _arg_bindings: bindings }),
    ...(task.expand !== undefined && {
      _is_mapped: true,
      _expand_input_attr: "op_kwargs_expand_input",
      op_kwargs_expand_input: serializeExpandInput(task.expand),
    }),
    ...(isDecider(task) && { _can_skip_downstream: true }),
    ...(spec.params !== undefined && { params: serializeParams(label, spec.params) }),
    ...serializeTaskAssets(label, task.spec),
    ...serializeFields(TASK_FIELDS, { ...spec, triggerRule: triggerRuleOf(task) }, label),
    ...serializeRole(task),
    ...callbackFlags(spec, TASK_CALLBACKS),
    ...serializeEmail(label, spec),
    ...(downstream.size > 0 && { downstream_task_ids: sorted(downstream) }),
  };
  return { __type: "operator", __var: fields as SerializedTaskFields };
}

function serializeRole({ role }: TaskNode) {
  if (role?.kind === "setup") return { is_setup: true };
  if (role === undefined) return {};
  return { is_teardown: true, ...(role.onFailureFailDagrun && { on_failure_fail_dagrun: true }) };
}

/** What is rendered for each try, and what an unknown name is then. */
function serializeTemplates(label: string, { run, spec }: TaskNode, dag: Dag) {
  const own = isOperator(run) ? run.templateFields : undefined;
  const { templatesDict, mapIndexTemplate } = spec;
  const { templateUndefined, userDefinedMacros } = dag.spec;
  if (own === undefined && templatesDict === undefined && mapIndexTemplate === undefined) return {};
  return {
    ...serializeTemplateFields(label, { ...own, templatesDict }),
    ...(userDefinedMacros !== undefined && { _user_defined_macros: userDefinedMacros }),
    ...(templateUndefined !== undefined && { _template_undefined: templateUndefined }),
  };
}

function serializeOperator(operator: Operator<never, unknown>) {
  const { operatorName, uiColor, extraLinks, serializedFields } = operator;
  return {
    _operator_name: operatorName,
    ...(uiColor !== undefined && { ui_color: uiColor }),
    ...(extraLinks !== undefined && { _operator_extra_links: extraLinks }),
    ...serializedFields,
  };
}

function serializeBindings(dagId: string, task: TaskNode): ArgBinding[] {
  return (task.bindings ?? []).map((binding) => {
    const { name } = binding;
    if (binding.kind === "xcom") return { name, kind: "xcom", task_id: binding.taskId };
    if (binding.kind === "list") return { name, kind: "xcomref", value: serializeXComRef(binding.source) };
    if (binding.kind === "group-argument") return { name, kind: "mapped-argument", key: binding.key };
    const wrong = findNonJson(binding.value);
    if (wrong !== undefined) {
      throw new Error(
        `Input "${name}" of task "${task.id}" of Dag "${dagId}" holds ${wrong}, which JSON cannot carry; ` +
          "pass a string, a finite number, a boolean, null, an array or a plain object",
      );
    }
    return { name, kind: "literal", value: copyJson(binding.value) };
  });
}

function serializeFields(
  fields: Readonly<Record<string, Field>>,
  spec: object,
  owner: string,
): Record<string, unknown> {
  const written: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(spec)) {
    const field = fields[key];
    if (field === undefined || value === undefined || value === null) continue;
    const encoded = encodeField(field, value, `${key} for ${owner}`);
    if (encoded !== field.default) written[field.name] = encoded;
  }
  return written;
}

/** The one part of a DAG that keeps the wrappers of Airflow's serialization. */
function serializeDefaultArgs({ dagId, spec }: Dag) {
  const args = Object.entries(spec.defaultArgs ?? {}).flatMap(([key, value]) => {
    const field: Field | undefined = TASK_FIELDS[key as keyof typeof TASK_FIELDS];
    if (field === undefined || value === undefined) return [];
    const encoded = encodeField(field, value, `${key} in the defaultArgs of Dag "${dagId}"`);
    const wrapper = { date: "datetime", duration: "timedelta" }[field.kind as string];
    return [[field.name, wrapper === undefined ? encoded : { __type: wrapper, __var: encoded }]];
  });
  return { __type: "dict", __var: Object.fromEntries(args) };
}

function describeDate(date: Date): string {
  return Number.isNaN(date.getTime()) ? "an invalid Date" : "a Date";
}

function encodeField(field: Field, value: unknown, label: string): unknown {
  const [accepts, expected] = FIELD_CHECKS[field.kind];
  if (!accepts(value)) {
    const came = Array.isArray(value) ? "an array" : value instanceof Date ? describeDate(value) : `a ${typeof value}`;
    throw new Error(`${label} must be ${expected}, not ${came === "a object" ? "an object" : came}`);
  }
  if (field.kind === "date") return (value as Date).getTime() / 1000;
  if (field.kind === "string-set") return sorted(new Set(value as string[]));
  return value;
}

const FIELD_CHECKS: Record<Field["kind"], readonly [(value: unknown) => boolean, string]> = {
  string: [(value) => typeof value === "string", "a string"],
  boolean: [(value) => typeof value === "boolean", "a boolean"],
  number: [(value) => Number.isFinite(value), "a finite number"],
  duration: [(value) => Number.isFinite(value), "a duration in seconds"],
  date: [(value) => value instanceof Date && !Number.isNaN(value.getTime()), "a valid Date"],
  "string-set": [
    (value) => Array.isArray(value) && value.every((item) => typeof item === "string"),
    "an array of strings",
  ],
};

function serializeGroup(
  graph: DagGraph,
  group: GroupNode | null,
  links: ReadonlyMap<GroupNode, GroupLinks>,
): SerializedTaskGroup {
  const children: Record<string, readonly ["operator", string] | readonly ["taskgroup", SerializedTaskGroup]> = {};
  for (const task of graph.tasks) if (task.group === group) children[task.id] = ["operator", task.id];
  for (const child of graph.groups)
    if (child.group === group) children[child.id] = ["taskgroup", serializeGroup(graph, child, links)];
  const own = group === null ? undefined : links.get(group);
  return {
    _group_id: group?.localId ?? null,
    group_display_name: group?.look.groupDisplayName ?? "",
    prefix_group_id: group?.prefixGroupId ?? true,
    tooltip: group?.look.tooltip ?? "",
    ui_color: group?.look.uiColor ?? "CornflowerBlue",
    ui_fgcolor: group?.look.uiFgcolor ?? "#000",
    ...(group?.look.docMd !== undefined && { doc_md: group.look.docMd }),
    children,
    upstream_group_ids: sorted(own?.upstreamGroups ?? []),
    downstream_group_ids: sorted(own?.downstreamGroups ?? []),
    upstream_task_ids: sorted(own?.upstreamTasks ?? []),
    downstream_task_ids: sorted(own?.downstreamTasks ?? []),
    ...(group?.expand !== undefined && { is_mapped: true, expand_input: serializeExpandInput(group.expand) }),
  };
}
