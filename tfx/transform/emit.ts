import type { GraphBuilder, GraphTensor } from "../saved_model/graph-builder.ts";
import { type ExpressionGraph, outputPosition, reach } from "./expression-graph.ts";
import type { EmittedTensor } from "./operations/operation.ts";
import { operationOf } from "./operations/registry.ts";

/**
 * Adds the nodes that make some outputs of a traced function to a TensorFlow graph.
 * @param inputs the features that they are made from (`featuresRead`)
 */
export function emitOutputs(
  graph: GraphBuilder,
  expressions: ExpressionGraph,
  inputs: Readonly<Record<string, EmittedTensor>>,
  outputNames: readonly string[],
): Record<string, GraphTensor> {
  const wanted = outputNames.map((name) => outputPosition(expressions, name));
  const emitted = new Map<number, EmittedTensor>();
  for (const position of [...reach(expressions, wanted)].sort((a, b) => a - b)) {
    const node = expressions.nodes[position]!;
    const given = node.operation === "input" ? inputs[String(node.attributes.feature)] : undefined;
    const context = { node, inputs: node.inputs.map((input) => expressions.nodes[input]!), graph };
    const inputTensors = node.inputs.map((input) => emitted.get(input)!);
    emitted.set(position, given ?? operationOf(node.operation).emit(inputTensors, context));
  }
  return Object.fromEntries(outputNames.map((name, index) => [name, emitted.get(wanted[index]!)!.values]));
}
