import { argumentNames } from "./arg-list.ts";
import { bindAll, checkInputs, checkLiteral, checkPlacing, ownSource } from "./bind-inputs.ts";
import type { DagGraph, Expandable, ExpandInput, TaskNode } from "./dag-graph.ts";
import { partsOfGroupArgument } from "./group-argument.ts";
import { describeValue, findNonJson, isPlainObject } from "./json.ts";
import { isListRef } from "./lists.ts";
import { isTaskRef, type TaskRef } from "./node.ts";
import { makeTaskRef } from "./task-ref.ts";

type Inputs = Record<PropertyKey, unknown>;

/** What a task's factory offers besides being called: to be mapped. */
export function expansionOf(graph: DagGraph, node: TaskNode) {
  return {
    ...mappingOf(graph, node, {}),
    partial(inputs: unknown) {
      const task = `Task "${node.id}" of Dag "${graph.dagId}"`;
      checkInputs(task, node, inputs);
      checkNames(task, node, "partial", Object.keys(inputs));
      return mappingOf(graph, node, inputs);
    },
  };
}

function mappingOf(graph: DagGraph, node: TaskNode, partial: Inputs) {
  const task = `Task "${node.id}" of Dag "${graph.dagId}"`;
  const place = (expand: ExpandInput): TaskRef => {
    checkPlacing(graph, node);
    node.bindings = bindAll(graph, node, partial);
    node.expand = expand;
    return makeTaskRef(graph, node);
  };
  return {
    expand(inputs: unknown) {
      checkInputs(task, node, inputs);
      checkNames(task, node, "expand", Object.keys(inputs));
      checkNotPartial(task, partial, Object.keys(inputs));
      return place(expandDict(graph, task, inputs));
    },
    expandKwargs(list: unknown) {
      checkInputs(task, node, {});
      const expand = expandList(graph, task, list);
      if (expand.of.kind === "literal") {
        for (const item of expand.of.value) {
          checkNames(task, node, "expandKwargs", Object.keys(item));
          checkNotPartial(task, partial, Object.keys(item));
        }
      }
      return place(expand);
    },
  };
}

/**
 * Reads what arguments are expanded over.
 * @param owner for messages: `Task "t" of Dag "d"`
 */
export function expandDict(
  graph: DagGraph,
  owner: string,
  inputs: Inputs,
): Extract<ExpandInput, { kind: "dict-of-lists" }> {
  const names = Reflect.ownKeys(inputs);
  if (names.length === 0) {
    throw new Error(`${owner} has no arguments to expand against; name at least one: expand({ n: [1, 2, 3] })`);
  }
  const lists = new Map(
    names.map((name) => [String(name), readExpandable(graph, `expand() of ${owner}`, String(name), inputs[name])]),
  );
  return Object.freeze({ kind: "dict-of-lists", lists });
}

function readExpandable(
  graph: DagGraph,
  call: string,
  name: string,
  value: unknown,
): Expandable<readonly unknown[] | object> {
  const argument = `Argument "${name}" for ${call}`;
  if (isTaskRef(value) || isListRef(value)) return { kind: "source", source: ownSource(graph, argument, value) };
  if (partsOfGroupArgument(value) !== undefined) {
    throw new Error(
      `${argument} is an argument of a mapped task group; a task in a mapped group cannot be expanded itself, ` +
        "and mapped task groups cannot be nested",
    );
  }
  if (!Array.isArray(value) && !isPlainObject(value)) {
    throw new Error(
      `${call} got an unexpected type for argument "${name}": ${describeValue(value)}; ` +
        "expected an array, an object, or a reference to a task's result",
    );
  }
  return { kind: "literal", value: copyLiteral(argument, value) };
}

/** Reads a list of objects that each are one instance's arguments. */
export function expandList(
  graph: DagGraph,
  owner: string,
  list: unknown,
): Extract<ExpandInput, { kind: "list-of-dicts" }> {
  const call = `expandKwargs() of ${owner}`;
  if (isTaskRef(list) || isListRef(list)) {
    return { kind: "list-of-dicts", of: { kind: "source", source: ownSource(graph, call, list) } };
  }
  const wrong = Array.isArray(list) ? list.find((item) => !isPlainObject(item) || isTaskRef(item)) : list;
  if (!Array.isArray(list) || wrong !== undefined) {
    throw new Error(
      `${call} expected a list of objects, or a reference to one, not ` +
        (Array.isArray(list) ? `a list that holds ${describeValue(wrong)}` : describeValue(list)),
    );
  }
  return { kind: "list-of-dicts", of: { kind: "literal", value: copyLiteral(call, list) } };
}

/** A copy, so that what the file does with the list later changes nothing. */
function copyLiteral<T extends object>(what: string, value: T): T {
  checkLiteral(what, value);
  const wrong = findNonJson(value);
  if (wrong === undefined) return Object.freeze(JSON.parse(JSON.stringify(value)));
  throw new Error(
    `${what} holds ${wrong}, which JSON cannot carry; ` +
      "pass a string, a finite number, a boolean, null, an array or a plain object",
  );
}

/** Throws for names that the handler does not take, as far as its source tells them. */
function checkNames(task: string, { run }: TaskNode, call: string, names: readonly string[]): void {
  const known = typeof run === "function" ? argumentNames(run.toString()) : undefined;
  if (known === undefined) return;
  const folded = new Set(known.map(fold));
  const unknown = names.filter((name) => !folded.has(fold(name)));
  if (unknown.length === 0) return;
  const those = unknown.map((name) => `"${name}"`).join(", ");
  const argument =
    unknown.length === 1 ? `an unexpected keyword argument ${those}` : `unexpected keyword arguments ${those}`;
  throw new Error(`${task}: ${call}() got ${argument}; its handler takes ${known.join(", ")}`);
}

/** How names of arguments are matched when a handler reads them. */
function fold(name: string): string {
  return name.toLowerCase().replaceAll("_", "");
}

function checkNotPartial(task: string, partial: Inputs, names: readonly string[]): void {
  const twice = names.filter((name) => Object.hasOwn(partial, name));
  if (twice.length === 0) return;
  throw new Error(`${task}: mapping already partial argument${twice.length === 1 ? "" : "s"}: ${twice.join(", ")}`);
}
