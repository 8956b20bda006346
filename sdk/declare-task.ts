import { bindInputs } from "./bind-inputs.ts";
import type { DagGraph, GroupNode, TaskNode } from "./dag-graph.ts";
import { refuseUnsupportedOfTask } from "./dag-options.ts";
import { expansionOf } from "./expand.ts";
import { recordSpec } from "./fields.ts";
import { checkKey } from "./ids.ts";
import { describeValue, isPlainObject } from "./json.ts";
import { markFactory } from "./lists.ts";
import type { TaskRef } from "./node.ts";
import { isOperator, labelOf } from "./operator.ts";
import { TASK_SPEC_KEYS, type TaskOptions } from "./specs.ts";
import { makeTaskRef } from "./task-ref.ts";

const LOCAL_ID = /^[\p{L}\p{N}_.-]+$/u;

/** What `dag.task` is given: an id that may be left out, a handler or operator, and options. */
export type Declaration = readonly [unknown, unknown?, unknown?];

/** Adds a task to a DAG, and returns the factory that places it. */
export function declareTask(graph: DagGraph, group: GroupNode | null, declaration: Declaration) {
  const node = addTask(graph, group, declaration);
  const place = (...inputs: unknown[]) => {
    bindInputs(graph, node, inputs);
    return makeTaskRef<TaskRef>(graph, node);
  };
  return markFactory(Object.assign(place, expansionOf(graph, node)));
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
  refuseUnsupportedOfTask(label, options);
  const own = recordSpec<TaskOptions>(label, options as TaskOptions | undefined, TASK_SPEC_KEYS);
  if (isOperator(run) && run.executionTimeoutAlternative !== undefined && own.executionTimeout !== undefined) {
    throw new Error(
      `Task "${id}" of ${dag} is a ${labelOf(run)} task, which does not enforce executionTimeout; ` +
        `use ${run.executionTimeoutAlternative} instead`,
    );
  }
  const said = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
  const spec = Object.freeze({ ...(group?.defaultArgs ?? graph.defaultArgs), ...said });
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
  if (typeof id !== "string") throw new Error(`taskId of a task of ${dag} must be a string, not ${describeValue(id)}`);
  if (givenId === undefined && !LOCAL_ID.test(id)) {
    throw new Error(
      `A task of ${dag} would take the id "${id}" from its handler's name, which Airflow does not accept; ` +
        'give it an id of letters, digits, dashes, dots and underscores — dag.task("my_task", handler)',
    );
  }
  if (id.includes(".")) {
    throw new Error(
      `Task ID "${id}" of ${dag} cannot contain "."; ` +
        "declare a task group with taskGroup(...) and the prefix is added for you",
    );
  }
  return id;
}

function missingIdMessage(dag: string, run: unknown): string {
  if (isOperator(run)) {
    const example = run.taskIdExample ?? `dag.task("my_task", ${labelOf(run)}(...))`;
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

/** A node's full id: with its group's id before it, unless the group says otherwise. */
export function prefixed(group: GroupNode | null, id: string): string {
  return group?.prefixGroupId ? `${group.id}.${id}` : id;
}
