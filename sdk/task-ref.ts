import type { DagGraph, TaskNode } from "./dag-graph.ts";
import { drawEdges } from "./draw-edges.ts";
import { listFrom } from "./lists.ts";
import { type Node, TASK_REF, type TaskRef } from "./node.ts";
import { markSetup, markTeardown } from "./setup-teardown.ts";

/**
 * Hands out the reference to a placed task. Its own keys are those of Airflow's SDK; what Daisy adds is inherited.
 * @param own more methods: those of a condition or a branch
 */
export function makeTaskRef<R extends Node>(graph: DagGraph, node: TaskNode, own: object = {}): R {
  const list = () => listFrom({ kind: "xcom", upstream: ref as unknown as TaskRef });
  const inherited = Object.freeze({
    map: (change: (item: unknown) => unknown) => list().map(change),
    filter: (keeps: (item: unknown) => unknown) => list().filter(keeps),
    asSetup: () => {
      markSetup(graph, node);
      return ref;
    },
    asTeardown: (options: unknown) => {
      markTeardown(graph, node, options);
      return ref;
    },
  });
  const ref: R = Object.freeze(
    Object.assign(Object.create(inherited), {
      dagId: graph.dagId,
      taskId: node.id,
      ...drawEdges(graph, node, () => ref),
      [TASK_REF]: true,
      ...own,
    }),
  );
  return graph.handOut(node, ref);
}
