import { attribute } from "../attributes.ts";
import {
  type Activations,
  type LayerNode,
  type LayerRule,
  type LayerRules,
  sizeOf,
  unsupportedOption,
} from "./layer.ts";

/** Sets rows side by side by their last dimension. */
const concatenate: LayerRule = {
  evaluate: (inputs, layer, numRows) => {
    const outer = sizeOf(inputs[0]!.shape.slice(0, -1));
    checkAxis(layer, inputs[0]!.shape.length + 1);
    const widths = inputs.map(({ shape }) => shape.at(-1)!);
    const width = widths.reduce((sum, size) => sum + size, 0);
    const values = new Float32Array(numRows * outer * width);
    let start = 0;
    inputs.forEach((input, index) => {
      const own = widths[index]!;
      for (let row = 0; row < numRows * outer; row++) {
        values.set(input.values.subarray(row * own, (row + 1) * own), row * width + start);
      }
      start += own;
    });
    return { values, shape: [...inputs[0]!.shape.slice(0, -1), width] };
  },
  emit: (graph, inputs, layer) => {
    const rank = inputs[0]!.shape.length;
    checkAxis(layer, rank);
    const width = inputs.reduce((sum, { shape }) => sum + shape.at(-1)!, 0);
    return graph.tensor("ConcatV2", layer.name, "float32", [...inputs[0]!.shape.slice(0, -1), width], {
      inputs: [...inputs, graph.scalar(`${layer.name}/axis`, "int32", rank - 1)],
      attributes: { N: attribute.int(inputs.length), T: attribute.type("float32"), Tidx: attribute.type("int32") },
    });
  },
};

function checkAxis(layer: LayerNode, rank: number): void {
  const axis = layer.config.axis ?? -1;
  if (axis !== -1 && axis !== rank - 1) throw unsupportedOption(layer, "axis");
}

function pairwise(op: string, rule: (a: number, b: number) => number): LayerRule {
  return {
    evaluate: (inputs, layer) => inputs.slice(1).reduce((sum, input) => merge(layer, sum, input, rule), inputs[0]!),
    emit: (graph, inputs, layer) =>
      inputs.slice(1).reduce((sum, input) => graph.binary(op, layer.name, sum, input), inputs[0]!),
  };
}

function merge(layer: LayerNode, a: Activations, b: Activations, rule: (a: number, b: number) => number): Activations {
  if (a.values.length !== b.values.length) {
    throw new Error(
      `Layer "${layer.name}" (${layer.className}) can be exported for inputs of one shape, got [${a.shape.join(", ")}] and [${b.shape.join(", ")}]`,
    );
  }
  return { values: a.values.map((value, i) => rule(value, b.values[i]!)), shape: a.shape };
}

const addition = pairwise("AddV2", (a, b) => a + b);

export const mergeLayers: LayerRules = {
  Concatenate: concatenate,
  Add: addition,
  Multiply: pairwise("Mul", (a, b) => a * b),
  Maximum: pairwise("Maximum", Math.max),
  Minimum: pairwise("Minimum", Math.min),
  Average: {
    evaluate: (inputs, layer, numRows) => {
      const { values, shape } = addition.evaluate(inputs, layer, numRows);
      return { values: values.map((value) => value / inputs.length), shape };
    },
    emit: (graph, inputs, layer) => {
      const sum = addition.emit(graph, inputs, layer);
      return graph.binary("RealDiv", layer.name, sum, graph.scalar(`${layer.name}/n`, "float32", inputs.length));
    },
  },
};
