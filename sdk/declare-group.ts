import type { DagGraph, GroupNode } from "./dag-graph.ts";
import { type Declaration, declareTask, prefixed } from "./declare-task.ts";
import { drawEdges } from "./draw-edges.ts";
import { readGroupOptions, type TaskGroupOptions } from "./group-options.ts";
import { type GroupMapping, groupMappingOf } from "./mapped-group.ts";
import { type Node, TASK_GROUP_REF, type TaskFactory, type TaskFunction } from "./node.ts";
import type { Operator } from "./operator.ts";
import type { TaskOptions } from "./specs.ts";

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

/** Adds a task group to a DAG, and hands out the reference to it. */
export function declareGroup(
  graph: DagGraph,
  parent: GroupNode | null,
  groupId: string,
  options?: TaskGroupOptions,
): TaskGroupRef {
  const dag = `Dag "${graph.dagId}"`;
  checkGroupId(dag, groupId);
  const {
    prefixGroupId = true,
    defaultArgs = {},
    addSuffixOnCollision = false,
    ...look
  } = readGroupOptions(`${dag} task group "${groupId}"`, options);
  if (graph.wasRead) {
    throw new Error(
      `Task group "${groupId}" cannot be added to ${dag} after the Dag was read; ` +
        "declare every group while the module is loading",
    );
  }
  const localId = addSuffixOnCollision ? freeId(graph, parent, groupId) : groupId;
  const id = prefixed(parent, localId);
  if (graph.nodes.has(id)) throw new Error(`Task group "${id}" is already registered for ${dag}`);
  const node: GroupNode = {
    kind: "group",
    id,
    localId,
    group: parent,
    prefixGroupId,
    look,
    defaultArgs: { ...(parent?.defaultArgs ?? graph.defaultArgs), ...defaultArgs },
  };
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

/** The id itself, or the first of `id__1`, `id__2`, … that is free. */
function freeId(graph: DagGraph, parent: GroupNode | null, groupId: string): string {
  let id = groupId;
  for (let suffix = 1; graph.nodes.has(prefixed(parent, id)); suffix++) id = `${groupId}__${suffix}`;
  return id;
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
