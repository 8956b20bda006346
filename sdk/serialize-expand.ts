import {
  type DagGraph,
  type Expandable,
  type ExpandInput,
  type GroupNode,
  mappedGroupOf,
  type TaskNode,
} from "./dag-graph.ts";
import { checkDeclared } from "./declared-at.ts";
import { expandUpstreams } from "./expand-input.ts";
import type { JsonValue } from "./json.ts";
import type { SerializedExpandInput, SerializedXComArg, SerializedXComRef } from "./serialized-dag.ts";
import { triggerRuleOf } from "./setup-teardown.ts";
import type { Source } from "./source.ts";

/** Writes what a task or a group is expanded over, as Airflow's serialization has it. */
export function serializeExpandInput(expand: ExpandInput): SerializedExpandInput {
  if (expand.kind === "list-of-dicts") return { type: expand.kind, value: serializeExpandable(expand.of) as never };
  const lists = [...expand.lists].map(([name, list]) => [name, serializeExpandable(list)]);
  return { type: expand.kind, value: { __type: "dict", __var: Object.fromEntries(lists) } };
}

function serializeExpandable(list: Expandable<object>): SerializedXComRef | JsonValue {
  return list.kind === "source" ? serializeXComRef(list.source) : encode(list.value as unknown as JsonValue);
}

/** Writes a list made of results: Airflow's `XComArg`. */
export function serializeXComRef(source: Source<string>): SerializedXComRef {
  return { __type: "xcomref", __var: serializeXComArg(source) };
}

function serializeXComArg(source: Source<string>): SerializedXComArg {
  switch (source.kind) {
    case "xcom":
      return { task_id: source.upstream, key: "return_value" };
    case "map":
      return { type: "map", arg: serializeXComArg(source.of), callables: [source.change.toString()] };
    case "filter":
      return { type: "map", arg: serializeXComArg(source.of), callables: [source.keeps.toString()] };
    case "zip":
      return {
        type: "zip",
        args: source.of.map(serializeXComArg),
        ...(source.fill !== undefined && { fillvalue: source.fill.value as JsonValue }),
      };
    case "concat":
      return { type: "concat", args: source.of.map(serializeXComArg) };
  }
}

/** Objects are wrapped, so that none is taken for a reference. */
function encode(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(encode);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, encode(item)]);
  return { __type: "dict", __var: Object.fromEntries(entries) };
}

/** Throws for what cannot be mapped (Airflow's `MappedOperator`, `MappedTaskGroup` and `expand`). */
export function checkMapping(graph: DagGraph): void {
  const dag = `Dag "${graph.dagId}"`;
  for (const group of graph.groups) checkDeclared(group, () => checkMappedGroup(dag, group));
  for (const task of graph.tasks) checkDeclared(task, () => checkMappedTask(dag, task));
}

function checkMappedGroup(dag: string, group: GroupNode): void {
  const outer = mappedGroupOf(group);
  if (group.expand === undefined || outer === null) return;
  throw new Error(
    `Task group "${group.id}" of ${dag} is mapped inside the mapped task group "${outer.id}"; ` +
      "nested mapped task groups are not supported",
  );
}

function checkMappedTask(dag: string, task: TaskNode): void {
  const group = mappedGroupOf(task);
  if (group !== null && task.expand !== undefined) {
    throw new Error(
      `Task "${task.id}" of ${dag} is expanded inside the mapped task group "${group.id}"; ` +
        "operator expansion in an expanded task group is not supported",
    );
  }
  if (triggerRuleOf(task) !== "always") return;
  if (group !== null) {
    throw new Error(
      `Task-generated mapping within a mapped task group is not allowed with trigger rule 'always': ` +
        `task "${task.id}" of ${dag}`,
    );
  }
  if (task.expand !== undefined && expandUpstreams(task.expand).length > 0) {
    throw new Error(
      `Task-generated mapping within a task using 'expand' is not allowed with trigger rule 'always': ` +
        `task "${task.id}" of ${dag}`,
    );
  }
}
