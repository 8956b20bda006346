import type { Batch } from "../data/columns.ts";
import { columnValue } from "./column-values.ts";
import type { ExpressionGraph } from "./expression-graph.ts";
import type { FeatureSpec } from "./feature-spec.ts";
import { operationOf } from "./operations/registry.ts";
import type { TokenMap } from "./tokens.ts";
import type { Value } from "./values.ts";

/** Ids by token of each vocabulary, by its file's name. */
export type Vocabularies = ReadonlyMap<string, TokenMap<bigint>>;

/** Where evaluation gets the features' data from. */
export interface FeatureSource {
  readonly numRows: number;
  readonly feature: (name: string, spec: FeatureSpec) => Value;
}

/** The features of a batch of examples. */
export function batchSource({ numRows, columns }: Batch): FeatureSource {
  return { numRows, feature: (name, spec) => columnValue(name, columns.get(name), spec, numRows) };
}

/** Computes some nodes of a graph on some rows, each node once. */
export function evaluateNodes(
  graph: ExpressionGraph,
  positions: readonly number[],
  source: FeatureSource,
  vocabularies: Vocabularies,
): Value[] {
  const known = new Map<number, Value>();
  const compute = (position: number): Value => {
    const before = known.get(position);
    if (before) return before;
    const value = evaluateNode(graph, position, compute, source, vocabularies);
    known.set(position, value);
    return value;
  };
  return positions.map(compute);
}

function evaluateNode(
  graph: ExpressionGraph,
  position: number,
  compute: (position: number) => Value,
  source: FeatureSource,
  vocabularies: Vocabularies,
): Value {
  const node = graph.nodes[position]!;
  if (node.operation === "input") {
    const feature = String(node.attributes.feature);
    return source.feature(feature, graph.inputs[feature]!);
  }
  const inputs = node.inputs.map((input) => graph.nodes[input]!);
  const vocabulary = (fileName: string) => {
    const ids = vocabularies.get(fileName);
    if (!ids) throw new Error(`The vocabulary ${fileName} is not loaded`);
    return ids;
  };
  const context = { node, inputs, numRows: source.numRows, vocabulary };
  return operationOf(node.operation).evaluate(node.inputs.map(compute), context);
}
