import type { ExpressionGraph } from "./expression-graph.ts";
import type { IdDomain } from "./schema-features.ts";

/** The ids that a bucketized or looked-up feature can have. */
export function idDomain(graph: ExpressionGraph, name: string): IdDomain | undefined {
  let node = graph.nodes[graph.outputs[name]!]!;
  // Another arrangement of the same ids keeps their range.
  while (node.operation === "reshape") node = graph.nodes[node.inputs[0]!]!;
  if (node.operation === "applyBuckets") return node.attributes.domain as IdDomain | undefined;
  if (node.operation !== "applyVocabulary") return undefined;
  const { defaultValue, numOovBuckets } = node.attributes as { defaultValue: number; numOovBuckets: number };
  const size = Number(graph.nodes[node.inputs[1]!]!.attributes.size);
  return { min: numOovBuckets > 0 ? 0 : Math.min(defaultValue, 0), max: size - 1 + numOovBuckets };
}
