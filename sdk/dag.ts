import { collectDag } from "./collect.ts";
import { type Binding, DagGraph, FOREIGN_COPY, type GroupNode, type TaskNode } from "./dag-graph.ts";
import { recordSpec } from "./fields.ts";
import { checkKey } from "./ids.ts";
import { isPlainObject } from "./json.ts";
import {
  isTaskGroupRef,
  isTaskRef,
  type Node,
  TASK_GROUP_REF,
  TASK_REF,
  type TaskFactory,
  type TaskFunction,
  type TaskRef,
} from "./node.ts";
import { isOperator, type Operator } from "./operator.ts";
import { DAG_SPEC_KEYS, type DagSpec, TASK_SPEC_KEYS, type TaskOptions } from "./specs.ts";

export interface TaskGroupOptions {
  /** Whether ids inside the group start with the group's id and a dot. @default true */
  readonly prefixGroupId?: boolean;
}

/** What tasks can be declared on: a DAG, or a task group of one. */
export interface TaskDeclarer {
  /** Declares a task under an id of its own. */
  task<A extends object | void = void, R = unknown>(
    taskId: string,
    run: TaskFunction<A, R> | Operator<A, R>,
    options?: TaskOptions,
  ): TaskFactory<A, R>;
  /** Declares a task whose id is `options.taskId` or the handler's name. */
  task<A extends object | void = void, R = unknown>(
    run: TaskFunction<A, R> | Operator<A, R>,
    options?: TaskOptions,
  ): TaskFactory<A, R>;
  taskGroup(groupId: string, options?: TaskGroupOptions): TaskGroupRef;
}

/** A placed task group; also an end of edges, where it stands for its roots or its leaves. */
export interface TaskGroupRef extends Node, TaskDeclarer {
  /** The full id, with the prefixes of its parents. */
  readonly groupId: string;
}

const LOCAL_ID = /^[\p{L}\p{N}_.-]+$/u;
const GROUP_ID = /^[\p{L}\p{N}_-]+$/u;
const MAX_GROUP_ID_LENGTH = 200;

/**
 * A DAG: tasks, and the order in which they run. The interface is that of Airflow's TypeScript SDK.
 *
 * ```ts
 * const dag = new Dag("greet", { schedule: "@daily" });
 * const name = dag.task("name", async () => "Daisy")();
 * dag.task("hello", async ({ name }: { name: string }) => console.log(`Hello ${name}`))({ name });
 * ```
 */
export class Dag implements TaskDeclarer {
  readonly dagId: string;
  /** A deeply frozen copy of what was given. */
  readonly spec: Readonly<DagSpec>;
  readonly #graph: DagGraph;

  constructor(dagId: string, spec?: DagSpec) {
    checkKey("dag_id", dagId);
    this.dagId = dagId;
    this.spec = recordSpec(`Dag "${dagId}"`, spec, DAG_SPEC_KEYS);
    this.#graph = new DagGraph(dagId);
    collectDag(this);
  }

  /** The full ids of the declared tasks, in declaration order. */
  get taskIds(): readonly string[] {
    return this.#graph.tasks.map((task) => task.id);
  }

  task<A extends object | void = void, R = unknown>(
    ...declaration:
      | [taskId: string, run: TaskFunction<A, R> | Operator<A, R>, options?: TaskOptions]
      | [run: TaskFunction<A, R> | Operator<A, R>, options?: TaskOptions]
  ): TaskFactory<A, R> {
    return declareTask(this.#graph, null, declaration) as TaskFactory<A, R>;
  }

  taskGroup(groupId: string, options?: TaskGroupOptions): TaskGroupRef {
    return declareGroup(this.#graph, null, groupId, options);
  }

  /** Ends declaration and gives the graph to serialization and to the process that runs tasks. */
  static read(dag: Dag): DagGraph {
    dag.#graph.read();
    return dag.#graph;
  }
}

type Declaration = readonly [unknown, unknown?, unknown?];

function declareTask(graph: DagGraph, group: GroupNode | null, declaration: Declaration) {
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
  return (...inputs: unknown[]) => placeTask(graph, node, inputs);
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
    return `A ${run.operatorName} task of ${dag} has no taskId; name it with dag.task("my_task", ${run.operatorName}(...))`;
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

function placeTask(graph: DagGraph, node: TaskNode, inputs: readonly unknown[]): TaskRef {
  const task = `Task "${node.id}" of Dag "${graph.dagId}"`;
  if (inputs.length > 1) {
    throw new Error(
      `${task} was given ${inputs.length} arguments; it takes one object naming its inputs: myTask({ rows, region })`,
    );
  }
  const given = inputs[0];
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
  const ref = Object.freeze({
    dagId: graph.dagId,
    taskId: node.id,
    before: (...others: readonly Node[]) => connect(graph, "before", node, others),
    after: (...others: readonly Node[]) => connect(graph, "after", node, others),
    [TASK_REF]: true,
  }) as unknown as TaskRef;
  node.ref = ref;
  return ref;
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
  if (upstream.ref !== value) {
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

function declareGroup(
  graph: DagGraph,
  parent: GroupNode | null,
  groupId: string,
  options?: TaskGroupOptions,
): TaskGroupRef {
  const dag = `Dag "${graph.dagId}"`;
  checkGroupId(dag, groupId);
  const group = `${dag} task group "${groupId}"`;
  if (options !== undefined && !isPlainObject(options)) throw new Error(`options for ${group} must be an object`);
  for (const key of Object.keys(options ?? {})) {
    if (key !== "prefixGroupId") throw new Error(`Unknown option "${key}" for ${group}`);
  }
  const prefixGroupId = options?.prefixGroupId ?? true;
  if (typeof prefixGroupId !== "boolean") throw new Error(`prefixGroupId for ${group} must be a boolean`);
  if (graph.wasRead) {
    throw new Error(
      `Task group "${groupId}" cannot be added to ${dag} after the Dag was read; ` +
        "declare every group while the module is loading",
    );
  }
  const id = prefixed(parent, groupId);
  if (graph.nodes.has(id)) throw new Error(`Task group "${id}" is already registered for ${dag}`);
  const node: GroupNode = { kind: "group", id, localId: groupId, group: parent, prefixGroupId };
  graph.add(node);
  const ref = Object.freeze({
    dagId: graph.dagId,
    groupId: id,
    task: (...declaration: unknown[]) => declareTask(graph, node, declaration as unknown as Declaration),
    taskGroup: (childId: string, childOptions?: TaskGroupOptions) => declareGroup(graph, node, childId, childOptions),
    before: (...others: readonly Node[]) => connect(graph, "before", node, others),
    after: (...others: readonly Node[]) => connect(graph, "after", node, others),
    [TASK_GROUP_REF]: true,
  }) as unknown as TaskGroupRef;
  node.ref = ref;
  return ref;
}

function checkGroupId(dag: string, groupId: unknown): void {
  if (typeof groupId !== "string" || groupId === "") {
    throw new Error(`A task group of ${dag} must have a non-empty ID`);
  }
  if (groupId.includes(".")) {
    throw new Error(`Task group ID "${groupId}" of ${dag} cannot contain "."; nest groups with taskGroup(...) instead`);
  }
  const length = [...groupId].length;
  if (length > MAX_GROUP_ID_LENGTH) {
    throw new Error(
      `Task group ID "${groupId}" of ${dag} has ${length} characters; at most ${MAX_GROUP_ID_LENGTH} are allowed`,
    );
  }
  if (!GROUP_ID.test(groupId)) {
    throw new Error(`Task group ID "${groupId}" of ${dag} has to be made of letters, digits, dashes and underscores`);
  }
}

function connect(graph: DagGraph, verb: "before" | "after", node: TaskNode | GroupNode, others: readonly Node[]): Node {
  graph.connect(verb, node, others);
  return node.ref!;
}

function prefixed(group: GroupNode | null, id: string): string {
  return group?.prefixGroupId ? `${group.id}.${id}` : id;
}
