import { attribute } from "../attributes.ts";
import { activationOf } from "./activations.ts";
import { type LayerNode, type LayerRule, lastSize, weightOf } from "./layer.ts";

/** activation(x · kernel + bias) on rows of one dimension. */
export const dense: LayerRule = {
  evaluate: ([x], layer, numRows) => {
    const { values: kernel, shape } = weightOf(layer, "kernel");
    const [width, units] = shape as [number, number];
    if (x!.shape.length !== 1 || x!.shape[0] !== width) throw widthError(layer, x!.shape, width);
    const bias = layer.config.use_bias === false ? undefined : weightOf(layer, "bias").values;
    const result = new Float32Array(numRows * units);
    const sums = new Float64Array(units);
    for (let row = 0; row < numRows; row++) {
      if (bias) sums.set(bias);
      else sums.fill(0);
      for (let i = 0; i < width; i++) {
        const value = x!.values[row * width + i]!;
        if (value === 0) continue;
        for (let unit = 0; unit < units; unit++) sums[unit]! += value * kernel[i * units + unit]!;
      }
      result.set(sums, row * units);
    }
    return activationOf(layer).evaluate({ values: result, shape: [units] });
  },
  emit: (graph, [x], layer) => {
    const { values: kernel, shape } = weightOf(layer, "kernel");
    const [width, units] = shape as [number, number];
    if (x!.shape.length !== 2 || lastSize(x!, layer) !== width) throw widthError(layer, x!.shape.slice(1), width);
    let result = graph.tensor("MatMul", `${layer.name}/MatMul`, "float32", [null, units], {
      inputs: [x!, graph.constant(`${layer.name}/kernel`, kernel, shape)],
      attributes: {
        T: attribute.type("float32"),
        transpose_a: attribute.bool(false),
        transpose_b: attribute.bool(false),
      },
    });
    if (layer.config.use_bias !== false) {
      const bias = graph.constant(`${layer.name}/bias`, weightOf(layer, "bias").values, [units]);
      result = graph.tensor("BiasAdd", `${layer.name}/BiasAdd`, "float32", [null, units], {
        inputs: [result, bias],
        attributes: { T: attribute.type("float32") },
      });
    }
    return activationOf(layer).emit(graph, result, `${layer.name}/activation`);
  },
};

function widthError(layer: LayerNode, shape: readonly (number | null)[], width: number): Error {
  return new Error(
    `Layer "${layer.name}" (Dense) can be exported for rows of ${width} numbers, got rows of shape [${shape.join(", ")}]`,
  );
}
