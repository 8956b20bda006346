import { brandOf } from "./brand.ts";
import { collectDag } from "./collect.ts";
import { type Branch, type Condition, type DeciderArgs, declareBranch, declareCondition } from "./control-flow.ts";
import { DagGraph, type GroupNode } from "./dag-graph.ts";
import { type Declaration, declareTask, prefixed } from "./declare-task.ts";
import { drawEdges } from "./draw-edges.ts";
import { recordSpec } from "./fields.ts";
import { checkKey } from "./ids.ts";
import { isPlainObject } from "./json.ts";
import { type GroupMapping, groupMappingOf } from "./mapped-group.ts";
import { type Node, TASK_GROUP_REF, type TaskFactory, type TaskFunction, type TaskRef } from "./node.ts";
import type { Operator } from "./operator.ts";
import { TRIGGER_OPTIONS, type TriggerDagRunSpec, triggerDagRun } from "./operators/trigger-dag-run.ts";
import { DAG_SPEC_KEYS, type DagSpec, type TaskOptions } from "./specs.ts";

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
export interface TaskGroupRef extends Node, TaskDeclarer, GroupMapping<TaskGroupRef> {
  /** The full id, with the prefixes of its parents. */
  readonly groupId: string;
}

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

  /**
   * Declares and places a task whose handler says by a boolean which of two branches runs; the other is skipped.
   *
   * ```ts
   * dag.if(async ({ rows }: { rows: number }) => rows > 0, { rows }, { taskId: "any_rows" }).then(load).else(warn);
   * ```
   */
  if<A extends object | void = void>(
    handler: (args: A) => boolean | Promise<boolean>,
    ...rest: DeciderArgs<A>
  ): Condition;
  /** The older spelling: an already placed task decides. */
  if(task: TaskRef<boolean>): Condition;
  if(decides: unknown, ...rest: readonly unknown[]): Condition {
    return declareCondition(this.#graph, decides, rest);
  }

  /**
   * Declares and places a task whose handler returns the one of its cases that runs; the others are skipped.
   *
   * ```ts
   * dag.switch(async function pick_size() { return small; }).case(small).case(large);
   * ```
   */
  switch<A extends object | void = void>(
    handler: (args: A) => TaskRef | Promise<TaskRef>,
    ...rest: DeciderArgs<A>
  ): Branch;
  /** The older spelling: an already placed task decides. */
  switch(task: TaskRef<TaskRef>): Branch;
  switch(decides: unknown, ...rest: readonly unknown[]): Branch {
    return declareBranch(this.#graph, decides, rest);
  }

  /** The older spelling of `dag.task(triggerDagRun(spec), options)()`, with options and spec in one. */
  triggerDagRun(spec: TriggerDagRunSpec & Omit<TaskOptions, "taskId"> & { taskId: string }): TaskRef<void> {
    const entries = Object.entries(spec);
    const ofTrigger = (key: string) => TRIGGER_OPTIONS.includes(key);
    const trigger = Object.fromEntries(entries.filter(([key]) => ofTrigger(key))) as unknown as TriggerDagRunSpec;
    const options: TaskOptions = Object.fromEntries(entries.filter(([key]) => !ofTrigger(key)));
    return this.task(triggerDagRun(trigger), options)();
  }

  get [brandOf("Dag")](): true {
    return true;
  }

  /** The graph as declared so far. */
  static graphOf(dag: Dag): DagGraph {
    return dag.#graph;
  }

  /** Ends declaration and gives the graph to serialization and to the process that runs tasks. */
  static read(dag: Dag): DagGraph {
    dag.#graph.read();
    return dag.#graph;
  }
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
  const inherited = groupMappingOf(graph, node, () => ref);
  const ref: TaskGroupRef = Object.freeze(
    Object.assign(Object.create(inherited), {
      dagId: graph.dagId,
      groupId: id,
      task: (...declaration: unknown[]) => declareTask(graph, node, declaration as unknown as Declaration),
      taskGroup: (childId: string, childOptions?: TaskGroupOptions) => declareGroup(graph, node, childId, childOptions),
      ...drawEdges(graph, node, () => ref),
      [TASK_GROUP_REF]: true,
    }),
  );
  return graph.handOut(node, ref);
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
