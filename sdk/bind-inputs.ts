import { ArgList, nameInputs } from "./arg-list.ts";
import { FOREIGN_COPY } from "./brand.ts";
import { type Binding, type DagGraph, isInside, type TaskNode } from "./dag-graph.ts";
import { partsOfGroupArgument } from "./group-argument.ts";
import { isPlainObject } from "./json.ts";
import { isListRef, sourceOf } from "./lists.ts";
import { isTaskGroupRef, isTaskRef, type TaskRef } from "./node.ts";
import { isOperator, labelOf } from "./operator.ts";
import { renameUpstreams, type Source, upstreamsOf } from "./source.ts";
import type { ListRef } from "./value-ref.ts";

/** Gives a task its place and wires its inputs, as the call of its factory names them. */
export function bindInputs(graph: DagGraph, node: TaskNode, inputs: readonly unknown[]): void {
  const task = `Task "${node.id}" of Dag "${graph.dagId}"`;
  if (inputs.length > 1) {
    throw new Error(
      `${task} was given ${inputs.length} arguments; it takes one object naming its inputs: myTask({ rows, region })`,
    );
  }
  const given = inputs[0] instanceof ArgList ? nameInputs(task, node.run, inputs[0]) : inputs[0];
  if (given !== undefined) checkInputs(task, node, given);
  checkPlacing(graph, node);
  node.bindings = bindAll(graph, node, given ?? {});
}

/** Throws unless `given` is one object that names inputs, and the task is one that takes any. */
export function checkInputs(
  task: string,
  node: TaskNode,
  given: unknown,
): asserts given is Record<PropertyKey, unknown> {
  if (isOperator(node.run) && node.run.takesNoInputs) {
    throw new Error(`${task} is a ${labelOf(node.run)} task, which takes no inputs`);
  }
  if (!isPlainObject(given) || isReference(given)) {
    throw new Error(`${task} takes one object naming its inputs: myTask({ rows, region })`);
  }
}

/** Throws when a task cannot be given its place, or not any more. */
export function checkPlacing(graph: DagGraph, node: TaskNode): void {
  const task = `Task "${node.id}" of Dag "${graph.dagId}"`;
  if (graph.wasRead) {
    throw new Error(`${task} was called after the Dag was read; call every task while the module is loading`);
  }
  if (node.bindings !== undefined) {
    throw new Error(
      `${task} was already called; a task holds one place in a Dag, so call it once and reuse the reference`,
    );
  }
}

/** Wires a task's inputs. */
export function bindAll(graph: DagGraph, node: TaskNode, inputs: Record<PropertyKey, unknown>): readonly Binding[] {
  return Object.freeze(Reflect.ownKeys(inputs).map((name) => bindInput(graph, node, name, inputs[name])));
}

function bindInput(graph: DagGraph, node: TaskNode, name: string | symbol, value: unknown): Binding {
  if (typeof name === "symbol") {
    throw new Error(`Input "${String(name)}" of task "${node.id}" is keyed by a symbol; an argument name is a string`);
  }
  const input = `Input "${name}" of task "${node.id}"`;
  if (isTaskRef(value)) return Object.freeze({ name, kind: "xcom", taskId: ownUpstream(graph, input, value) });
  if (isListRef(value)) return Object.freeze({ name, kind: "list", source: ownSource(graph, input, value) });
  const argument = partsOfGroupArgument(value);
  if (argument === undefined) {
    checkLiteral(input, value);
    return Object.freeze({ name, kind: "literal", value });
  }
  const { group, key } = argument;
  if (graph.nodes.get(group.id) !== group || !isInside(node, group)) {
    throw new Error(
      `${input} is the argument "${key}" of the mapped task group "${group.id}", which the task is not in; ` +
        "outside of a mapped group, read what a task of it returns",
    );
  }
  return Object.freeze({ name, kind: "group-argument", group, key });
}

/** The id of the task that a reference of this DAG names. */
function ownUpstream(graph: DagGraph, input: string, ref: TaskRef): string {
  if (ref.dagId !== graph.dagId) throw new Error(`${input} comes from Dag "${ref.dagId}", not "${graph.dagId}"`);
  const upstream = graph.nodes.get(ref.taskId);
  if (upstream === undefined) throw new Error(`${input} refers to unregistered task "${ref.taskId}"`);
  if (graph.nodeOf(ref) !== upstream) {
    throw new Error(
      `${input} was not returned by this Dag's "${ref.taskId}"; ` +
        `it comes from another Dag object with the same ID, or ${FOREIGN_COPY}`,
    );
  }
  return ref.taskId;
}

/** Where a list comes from, by the ids of tasks of this DAG. */
export function ownSource(graph: DagGraph, input: string, list: TaskRef | ListRef): Source<string> {
  return renameUpstreams(sourceOf(list), (upstream) => ownUpstream(graph, input, upstream));
}

/** Throws when a literal has a reference inside, which would draw no edge. */
export function checkLiteral(input: string, value: unknown): void {
  const nested = findReference(value, new Set());
  if (nested === undefined) return;
  throw new Error(
    `${input} holds a reference to "${nested}" inside a literal value, which draws no edge; ` +
      "pass the reference as the input itself, or give each upstream its own argument",
  );
}

/** The name of what a reference inside a value refers to. */
function findReference(value: unknown, seen: Set<unknown>): string | undefined {
  if (isTaskRef(value)) return value.taskId;
  if (isListRef(value)) return upstreamsOf(sourceOf(value))[0]!.taskId;
  const argument = partsOfGroupArgument(value);
  if (argument !== undefined) return argument.key;
  if (typeof value !== "object" || value === null || seen.has(value)) return undefined;
  seen.add(value);
  for (const item of Object.values(value)) {
    const found = findReference(item, seen);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isReference(value: unknown): boolean {
  return isTaskRef(value) || isTaskGroupRef(value) || isListRef(value) || partsOfGroupArgument(value) !== undefined;
}
