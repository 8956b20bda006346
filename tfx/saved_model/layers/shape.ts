import { attribute } from "../attributes.ts";
import type { Shape } from "../dtype.ts";
import type { LayerNode, LayerRule, LayerRules } from "./layer.ts";
import { sizeOf } from "./layer.ts";

/** Layers that only matter in training. */
const identity: LayerRule = { evaluate: ([x]) => x!, emit: (_graph, [x]) => x! };

function known(layer: LayerNode, shape: Shape): number[] {
  return shape.map((size) => {
    if (size === null) throw new Error(`Layer "${layer.name}" (${layer.className}) needs inputs of a known shape`);
    return size;
  });
}

/** The shape that a Reshape layer makes of a row; one size may be −1 or null. */
function targetShape(layer: LayerNode, size: number): number[] {
  const wanted = (layer.config.target_shape as (number | null)[]).map((value) => value ?? -1);
  const fixed = sizeOf(wanted.filter((value) => value !== -1));
  return wanted.map((value) => (value === -1 ? size / fixed : value));
}

function reshaping(target: (layer: LayerNode, rowShape: readonly number[]) => number[]): LayerRule {
  return {
    evaluate: ([x], layer) => ({ values: x!.values, shape: target(layer, x!.shape) }),
    emit: (graph, [x], layer) => {
      const shape = target(layer, known(layer, x!.shape.slice(1)));
      return graph.reshape(layer.name, x!, [null, ...shape]);
    },
  };
}

/** The mean over the first dimension of a row, such as over the embeddings of several ids. */
const globalAveragePooling: LayerRule = {
  evaluate: ([x], _layer, numRows) => {
    const [steps, width] = x!.shape as [number, number];
    const values = new Float32Array(numRows * width);
    for (let row = 0; row < numRows; row++) {
      for (let i = 0; i < width; i++) {
        let sum = 0;
        for (let step = 0; step < steps; step++) sum += x!.values[(row * steps + step) * width + i]!;
        values[row * width + i] = sum / steps;
      }
    }
    return { values, shape: [width] };
  },
  emit: (graph, [x], layer) =>
    graph.tensor("Mean", layer.name, "float32", [null, x!.shape[2] ?? null], {
      inputs: [x!, graph.constant(`${layer.name}/axis`, Int32Array.of(1), [1])],
      attributes: {
        T: attribute.type("float32"),
        Tidx: attribute.type("int32"),
        keep_dims: attribute.bool(false),
      },
    }),
};

export const shapeLayers: LayerRules = {
  Dropout: identity,
  SpatialDropout1D: identity,
  AlphaDropout: identity,
  GaussianDropout: identity,
  GaussianNoise: identity,
  Flatten: reshaping((_layer, shape) => [sizeOf(shape)]),
  Reshape: reshaping((layer, shape) => targetShape(layer, sizeOf(shape))),
  GlobalAveragePooling1D: globalAveragePooling,
};
