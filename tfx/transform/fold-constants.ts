import { batchOf } from "../data/columns.ts";
import { batchSource, evaluateNodes } from "./evaluate.ts";
import { type ExpressionGraph, type GraphNode, mapRecord } from "./expression-graph.ts";
import { encodeValues } from "./operations/constant.ts";
import type { Value } from "./values.ts";

const NO_ROWS = batchSource(batchOf([]));

/**
 * Simplifies a graph so that what is computed here and what TensorFlow computes agree to the last bit. What depends on
 * constants alone becomes a constant. Division by a constant becomes multiplication by its reciprocal, because
 * TensorFlow's graph optimizer does so before it runs a graph.
 */
export function foldConstants(graph: ExpressionGraph): ExpressionGraph {
  const nodes: GraphNode[] = [];
  const moved: number[] = [];
  const add = (node: GraphNode): number => nodes.push(node) - 1;
  const isConstant = (position: number) => nodes[position]!.operation === "constant";
  const fold = (position: number): void => {
    const node = nodes[position]!;
    if (node.inputs.length === 0 || !node.inputs.every(isConstant)) return;
    const [value] = evaluateNodes({ ...graph, nodes }, [position], NO_ROWS, new Map());
    nodes[position] = constantNode(node, value!);
  };
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((input) => moved[input]!);
    const [dividend, divisor] = inputs;
    if (node.operation === "divide" && isConstant(divisor!) && !isConstant(dividend!)) {
      const { dtype, shape, layout } = nodes[divisor!]!;
      const spec = { dtype, shape: [], layout };
      const one = add({ ...spec, operation: "constant", inputs: [], attributes: { values: [1] } });
      const reciprocal = add({ ...spec, shape, operation: "divide", inputs: [one, divisor!], attributes: {} });
      fold(reciprocal);
      moved.push(add({ ...node, operation: "multiply", inputs: [dividend!, reciprocal] }));
    } else {
      const position = add({ ...node, inputs });
      fold(position);
      moved.push(position);
    }
  }
  return { inputs: graph.inputs, nodes, outputs: mapRecord(graph.outputs, (position) => moved[position]!) };
}

function constantNode(node: GraphNode, { values }: Value): GraphNode {
  return { ...node, operation: "constant", inputs: [], attributes: { values: encodeValues(values) } };
}
