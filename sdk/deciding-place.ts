import type { DagGraph, GroupNode, TaskNode } from "./dag-graph.ts";
import { resolveEdges, rootsOf, tasksInside } from "./edges.ts";
import { sorted } from "./sorted.ts";

/** What a task that chooses which tasks are skipped sees of its DAG. */
export interface DecidingPlace {
  readonly taskId: string;
  /** The tasks directly after it, by id. */
  readonly downstream: readonly string[];
  hasTask(taskId: string): boolean;
  isTeardown(taskId: string): boolean;
  /** All tasks after a task, near and far. */
  allAfter(taskId: string): ReadonlySet<string>;
  /** The first tasks of a group; undefined when there is no such group. */
  rootsOfGroup(groupId: string): readonly string[] | undefined;
}

/** The place of a task in its DAG. */
export function decidingPlace(graph: DagGraph, taskId: string): DecidingPlace {
  const { downstream } = resolveEdges(graph);
  return {
    taskId,
    downstream: sorted(downstream.get(taskId)!),
    hasTask: (id) => downstream.has(id),
    isTeardown: (id) => (graph.nodes.get(id) as TaskNode).role?.kind === "teardown",
    allAfter(id) {
      const found = new Set(downstream.get(id));
      // What is added to a set while it is iterated is visited too.
      for (const next of found) for (const after of downstream.get(next)!) found.add(after);
      return found;
    },
    rootsOfGroup(groupId) {
      const group = graph.nodes.get(groupId);
      return group?.kind === "group" ? [...rootsOf(tasksInside(graph, group as GroupNode), downstream)] : undefined;
    },
  };
}
