import { attribute } from "../attributes.ts";
import type { GraphBuilder, GraphTensor } from "../graph-builder.ts";
import { type LayerNode, type LayerRule, type LayerRules, lastSize, unsupportedOption, weightOf } from "./layer.ts";

/*
 * Layers that take ids. An id outside 0 … count − 1 counts as id 0, in memory and in the graph alike: the rule of
 * `categorical_column_with_identity(default_value=0)`, and TensorFlow's Gather would stop with an error instead.
 */

function idInRange(value: number, count: number): number {
  const id = Math.trunc(value);
  return id >= 0 && id < count ? id : 0;
}

function emitIds(graph: GraphBuilder, tensor: GraphTensor, layer: LayerNode, count: number): GraphTensor {
  const { name } = layer;
  const ids = graph.cast(`${name}/ids`, tensor, "int32");
  const zero = graph.scalar(`${name}/zero`, "int32", 0);
  const notBelow = graph.binary("GreaterEqual", `${name}/notBelow`, ids, zero, "bool");
  const below = graph.binary("Less", `${name}/below`, ids, graph.scalar(`${name}/count`, "int32", count), "bool");
  const inRange = graph.tensor("LogicalAnd", `${name}/inRange`, "bool", ids.shape, { inputs: [notBelow, below] });
  return graph.select(`${name}/safeIds`, inRange, ids, zero);
}

/** The row of a table for each id. */
const embedding: LayerRule = {
  evaluate: ([x], layer) => {
    const { values: table, shape } = weightOf(layer, "embeddings");
    const [count, width] = shape as [number, number];
    const values = new Float32Array(x!.values.length * width);
    x!.values.forEach((value, i) => {
      const id = idInRange(value, count);
      for (let k = 0; k < width; k++) values[i * width + k] = table[id * width + k]!;
    });
    return { values, shape: [...x!.shape, width] };
  },
  emit: (graph, [x], layer) => {
    const { values, shape } = weightOf(layer, "embeddings");
    const [count, width] = shape as [number, number];
    return graph.tensor("GatherV2", layer.name, "float32", [...x!.shape, width], {
      inputs: [
        graph.constant(`${layer.name}/embeddings`, values, shape),
        emitIds(graph, x!, layer, count),
        graph.scalar(`${layer.name}/axis`, "int32", 0),
      ],
      attributes: {
        Tparams: attribute.type("float32"),
        Tindices: attribute.type("int32"),
        Taxis: attribute.type("int32"),
      },
    });
  },
};

/** One id in each row as a row of zeros with a 1 (`one_hot`). */
const categoryEncoding: LayerRule = {
  evaluate: ([x], layer) => {
    const count = tokenCount(layer);
    if (x!.shape.length > 1 || (x!.shape[0] ?? 1) !== 1) throw unsupportedOption(layer, "output_mode");
    const values = new Float32Array(x!.values.length * count);
    x!.values.forEach((value, row) => {
      values[row * count + idInRange(value, count)] = 1;
    });
    return { values, shape: [count] };
  },
  emit: (graph, [x], layer) => {
    const count = tokenCount(layer);
    if (x!.shape.length === 2 && lastSize(x!, layer) !== 1) throw unsupportedOption(layer, "output_mode");
    const ids = graph.reshape(`${layer.name}/flat`, emitIds(graph, x!, layer, count), [null]);
    return graph.tensor("OneHot", layer.name, "float32", [null, count], {
      inputs: [
        ids,
        graph.scalar(`${layer.name}/depth`, "int32", count),
        graph.scalar(`${layer.name}/on`, "float32", 1),
        graph.scalar(`${layer.name}/off`, "float32", 0),
      ],
      attributes: { T: attribute.type("float32"), TI: attribute.type("int32"), axis: attribute.int(-1) },
    });
  },
};

function tokenCount(layer: LayerNode): number {
  const mode = layer.config.output_mode;
  if (mode !== "one_hot" && mode !== "oneHot") throw unsupportedOption(layer, "output_mode");
  return Number(layer.config.num_tokens);
}

export const categoryLayers: LayerRules = { Embedding: embedding, CategoryEncoding: categoryEncoding };
