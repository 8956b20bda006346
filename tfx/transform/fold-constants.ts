import { batchOf } from "../data/columns.ts";
import { batchSource, evaluateNodes } from "./evaluate.ts";
import type { ExpressionGraph, GraphNode } from "./expression-graph.ts";
import { encodeValues } from "./operations/constant.ts";

const NO_ROWS = batchSource(batchOf([]));

/** Replaces each node that depends on constants alone by its value, as training and serving then share it exactly. */
export function foldConstants(graph: ExpressionGraph): ExpressionGraph {
  const nodes: GraphNode[] = [];
  graph.nodes.forEach((node, position) => {
    const isFixed = node.inputs.length > 0 && node.inputs.every((input) => nodes[input]!.operation === "constant");
    nodes.push(node);
    if (!isFixed) return;
    const [value] = evaluateNodes({ ...graph, nodes }, [position], NO_ROWS, new Map());
    nodes[position] = {
      ...node,
      operation: "constant",
      inputs: [],
      attributes: { values: encodeValues(value!.values) },
    };
  });
  return { ...graph, nodes };
}
