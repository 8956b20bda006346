import { ArgList, nameInputs } from "./arg-list.ts";
import { FOREIGN_COPY } from "./brand.ts";
import type { Binding, DagGraph, GroupNode, TaskNode } from "./dag-graph.ts";
import { drawEdges } from "./draw-edges.ts";
import { recordSpec } from "./fields.ts";
import { checkKey } from "./ids.ts";
import { isPlainObject } from "./json.ts";
import { isTaskGroupRef, isTaskRef, TASK_REF, type TaskRef } from "./node.ts";
import { isOperator, labelOf } from "./operator.ts";
import { TASK_SPEC_KEYS, type TaskOptions } from "./specs.ts";

const LOCAL_ID = /^[\p{L}\p{N}_.-]+$/u;

/** What `dag.task` is given: an id that may be left out, a handler or operator, and options. */
export type Declaration = readonly [unknown, unknown?, unknown?];

/** Adds a task to a DAG, and returns the factory that places it. */
export function declareTask(graph: DagGraph, group: GroupNode | null, declaration: Declaration) {
  const node = addTask(graph, group, declaration);
  return (...inputs: unknown[]) => placeTask(graph, node, inputs);
}

/** Adds a task to a DAG, without a place in it yet. */
export function addTask(graph: DagGraph, group: GroupNode | null, declaration: Declaration): TaskNode {
  const positional = typeof declaration[0] === "string";
  const [givenId, run, options] = positional ? declaration : [undefined, declaration[0], declaration[1]];
  const dag = `Dag "${graph.dagId}"`;
  const localId = chooseLocalId(dag, givenId as string | undefined, run, options);
  const id = prefixed(group, localId);
  const label = `${dag} task "${id}"`;
  if (!isOperator(run)) checkHandler(label, run);
  if (graph.wasRead) {
    throw new Error(
      `Task "${id}" cannot be added to ${dag} after the Dag was read; declare every task while the module is loading`,
    );
  }
  const spec = recordSpec<TaskOptions>(label, options as TaskOptions | undefined, TASK_SPEC_KEYS);
  checkKey("task_id", id);
  if (graph.nodes.has(id)) throw new Error(`Task "${id}" is already registered for ${dag}`);
  const node: TaskNode = { kind: "task", id, group, spec, run: run as TaskNode["run"] };
  graph.add(node);
  return node;
}

function chooseLocalId(dag: string, givenId: string | undefined, run: unknown, options: unknown): string {
  const specId = isPlainObject(options) ? (options.taskId as string | undefined) : undefined;
  if (givenId !== undefined && specId !== undefined) {
    throw new Error(
      `Task "${givenId}" of ${dag} also carries taskId "${specId}" in its spec; ` +
        "give the id once, either positionally or in the spec",
    );
  }
  const derived = specId ?? (typeof run === "function" ? run.name : undefined);
  const id = givenId ?? derived;
  if (id === undefined || id === "") throw new Error(missingIdMessage(dag, run));
  if (id.includes(".")) {
    throw new Error(
      `Task ID "${id}" of ${dag} cannot contain "."; ` +
        "declare a task group with taskGroup(...) and the prefix is added for you",
    );
  }
  if (givenId === undefined && !LOCAL_ID.test(id)) {
    throw new Error(
      `A task of ${dag} would take the id "${id}" from its handler's name, which Airflow does not accept; ` +
        'give it an id of letters, digits, dashes, dots and underscores — dag.task("my_task", handler)',
    );
  }
  return id;
}

function missingIdMessage(dag: string, run: unknown): string {
  if (isOperator(run)) {
    const example = run.taskIdExample ?? `dag.task("my_task", ${run.operatorName}(...))`;
    return `A ${labelOf(run)} task of ${dag} has no taskId; name it with ${example}`;
  }
  return (
    `A task of ${dag} has no id: its handler has no name to take one from. Pass an id — dag.task("my_task", handler) — ` +
    "or give the handler a name. A bundler that drops function names also lands here; airflow-ts-pack keeps them."
  );
}

function checkHandler(label: string, run: unknown): void {
  if (typeof run !== "function") throw new Error(`handler for ${label} must be a function`);
  if (run.length > 1) {
    throw new Error(
      `Handler for ${label} declares ${run.length} parameters; ` +
        "a handler takes one object of named arguments — async ({ rows, region }) => ...",
    );
  }
}

/** Gives a task its place in the DAG, wires its inputs, and hands out the reference to it. */
export function placeTask(graph: DagGraph, node: TaskNode, inputs: readonly unknown[]): TaskRef {
  bindInputs(graph, node, inputs);
  const ref: TaskRef = Object.freeze({
    dagId: graph.dagId,
    taskId: node.id,
    ...drawEdges(graph, node, () => ref),
    [TASK_REF]: true,
  }) as unknown as TaskRef;
  return graph.handOut(node, ref);
}

/** Places a task and wires its inputs. */
export function bindInputs(graph: DagGraph, node: TaskNode, inputs: readonly unknown[]): void {
  const task = `Task "${node.id}" of Dag "${graph.dagId}"`;
  if (inputs.length > 1) {
    throw new Error(
      `${task} was given ${inputs.length} arguments; it takes one object naming its inputs: myTask({ rows, region })`,
    );
  }
  const given = inputs[0] instanceof ArgList ? nameInputs(task, node.run, inputs[0]) : inputs[0];
  if (given !== undefined && isOperator(node.run) && node.run.takesNoInputs) {
    throw new Error(`${task} is a ${labelOf(node.run)} task, which takes no inputs`);
  }
  if (given !== undefined && (!isPlainObject(given) || isTaskRef(given) || isTaskGroupRef(given))) {
    throw new Error(`${task} takes one object naming its inputs: myTask({ rows, region })`);
  }
  if (graph.wasRead) {
    throw new Error(`${task} was called after the Dag was read; call every task while the module is loading`);
  }
  if (node.bindings !== undefined) {
    throw new Error(
      `${task} was already called; a task holds one place in a Dag, so call it once and reuse the reference`,
    );
  }
  node.bindings = Object.freeze(
    Reflect.ownKeys(given ?? {}).map((name) =>
      bindInput(graph, node, name, (given as Record<PropertyKey, unknown>)[name]),
    ),
  );
}

function bindInput(graph: DagGraph, node: TaskNode, name: string | symbol, value: unknown): Binding {
  if (typeof name === "symbol") {
    throw new Error(`Input "${String(name)}" of task "${node.id}" is keyed by a symbol; an argument name is a string`);
  }
  const input = `Input "${name}" of task "${node.id}"`;
  if (!isTaskRef(value)) {
    const nested = findReference(value, new Set());
    if (nested === undefined) return Object.freeze({ name, kind: "literal", value });
    throw new Error(
      `${input} holds a reference to "${nested.taskId}" inside a literal value, which draws no edge; ` +
        "pass the reference as the input itself, or give each upstream its own argument",
    );
  }
  if (value.dagId !== graph.dagId) throw new Error(`${input} comes from Dag "${value.dagId}", not "${graph.dagId}"`);
  const upstream = graph.nodes.get(value.taskId);
  if (upstream === undefined) throw new Error(`${input} refers to unregistered task "${value.taskId}"`);
  if (graph.nodeOf(value) !== upstream) {
    throw new Error(
      `${input} was not returned by this Dag's "${value.taskId}"; ` +
        `it comes from another Dag object with the same ID, or ${FOREIGN_COPY}`,
    );
  }
  return Object.freeze({ name, kind: "xcom", taskId: value.taskId });
}

function findReference(value: unknown, seen: Set<unknown>): TaskRef | undefined {
  if (isTaskRef(value)) return value;
  if (typeof value !== "object" || value === null || seen.has(value)) return undefined;
  seen.add(value);
  for (const item of Object.values(value)) {
    const found = findReference(item, seen);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A node's full id: with its group's id before it, unless the group says otherwise. */
export function prefixed(group: GroupNode | null, id: string): string {
  return group?.prefixGroupId ? `${group.id}.${id}` : id;
}
