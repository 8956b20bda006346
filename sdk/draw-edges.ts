import type { DagGraph, GraphNode } from "./dag-graph.ts";
import type { LabelledNode } from "./label.ts";
import type { Node } from "./node.ts";

/** The methods of every reference that draw order-only edges; they return the reference itself. */
export function drawEdges<R>(graph: DagGraph, node: GraphNode, ref: () => R) {
  const draw =
    (verb: "before" | "after") =>
    (...others: readonly (Node | LabelledNode)[]): R => {
      graph.connect(verb, node, others);
      return ref();
    };
  return { before: draw("before"), after: draw("after") };
}
