import type { FeatureSpecs, FixedLengthFeature } from "../transform/feature-spec.ts";
import type { EmittedTensor } from "../transform/operations/operation.ts";
import { attribute } from "./attributes.ts";
import type { GraphBuilder, GraphTensor } from "./graph-builder.ts";

/**
 * Adds the node that reads features from serialized tf.Examples: variable-length ones become sparse tensors, fixed
 * ones dense tensors, and an example without a fixed feature is refused.
 * @param examples a `[batch]` string tensor
 */
export function parseExamples(
  graph: GraphBuilder,
  examples: GraphTensor,
  features: FeatureSpecs,
): Record<string, EmittedTensor> {
  const sparse = Object.entries(features).filter(([, { kind }]) => kind === "varlen");
  const dense = Object.entries(features).filter((entry): entry is [string, FixedLengthFeature] => {
    return entry[1].kind === "fixed";
  });
  const noDefaults = dense.map(([name, { dtype }]) =>
    graph.constant(`parse/required/${name}`, dtype === "string" ? [] : emptyNumbers(dtype), [0]),
  );
  const node = graph.node("ParseExampleV2", "parse", {
    inputs: [
      examples,
      graph.constant("parse/names", [], [0]),
      keys(graph, "parse/sparse_keys", sparse),
      keys(graph, "parse/dense_keys", dense),
      graph.constant("parse/ragged_keys", [], [0]),
      ...noDefaults,
    ],
    attributes: {
      Tdense: attribute.types(dense.map(([, { dtype }]) => dtype)),
      num_sparse: attribute.int(sparse.length),
      sparse_types: attribute.types(sparse.map(([, { dtype }]) => dtype)),
      ragged_value_types: attribute.types([]),
      ragged_split_types: attribute.types([]),
      dense_shapes: attribute.shapes(dense.map(([, { shape }]) => shape)),
    },
  });
  // The node's outputs, in order: indices, values and shapes of all sparse features, then the dense values.
  const output = (index: number, dtype: GraphTensor["dtype"], shape: GraphTensor["shape"]): GraphTensor => {
    return { name: `${node}:${index}`, dtype, shape };
  };
  const parsed: Record<string, EmittedTensor> = {};
  sparse.forEach(([name, { dtype }], index) => {
    parsed[name] = {
      values: output(sparse.length + index, dtype, [null]),
      sparse: {
        indices: output(index, "int64", [null, 2]),
        denseShape: output(2 * sparse.length + index, "int64", [2]),
      },
    };
  });
  dense.forEach(([name, { dtype, shape }], index) => {
    parsed[name] = { values: output(3 * sparse.length + index, dtype, [null, ...shape]) };
  });
  return parsed;
}

function keys(graph: GraphBuilder, name: string, features: readonly (readonly [string, unknown])[]): GraphTensor {
  return graph.constant(
    name,
    features.map(([feature]) => feature),
    [features.length],
  );
}

function emptyNumbers(dtype: "float32" | "int64"): Float32Array | BigInt64Array {
  return dtype === "int64" ? new BigInt64Array() : new Float32Array();
}
