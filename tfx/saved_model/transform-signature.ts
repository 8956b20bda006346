import type { TransformFunction } from "../transform/transform-function.ts";
import type { GraphBuilder, GraphTensor } from "./graph-builder.ts";
import { parseExamples } from "./parse-examples.ts";
import type { Signature } from "./write.ts";

/** The signature that gives all transformed features of serialized raw tf.Examples. */
export function transformSignature(graph: GraphBuilder, transform: TransformFunction): Signature {
  const examples = graph.placeholder("transform_features_examples", "string", [null]);
  return { inputs: { examples }, outputs: emitTransform(graph, examples, transform, transform.outputNames) };
}

/** Adds the nodes from serialized raw tf.Examples to some transformed features. */
export function emitTransform(
  graph: GraphBuilder,
  examples: GraphTensor,
  transform: TransformFunction,
  outputNames: readonly string[],
): Record<string, GraphTensor> {
  const raw = parseExamples(graph, examples, transform.inputSpecs(outputNames));
  return transform.emit(graph, raw, outputNames);
}
