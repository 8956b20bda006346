import { attribute } from "../attributes.ts";
import type { GraphBuilder, GraphTensor } from "../graph-builder.ts";
import type { Activations, LayerNode, LayerRules } from "./layer.ts";

interface ActivationRule {
  readonly evaluate: (x: Activations) => Activations;
  readonly emit: (graph: GraphBuilder, x: GraphTensor, name: string) => GraphTensor;
}

const SELU_SCALE = 1.0507009873554805;
const SELU_ALPHA = 1.6732632423543772;

const ACTIVATIONS: Readonly<Record<string, ActivationRule>> = {
  linear: { evaluate: (x) => x, emit: (_graph, x) => x },
  relu: elementWise("Relu", (x) => Math.max(x, 0)),
  relu6: elementWise("Relu6", (x) => Math.min(Math.max(x, 0), 6)),
  elu: elementWise("Elu", (x) => (x >= 0 ? x : Math.expm1(x))),
  selu: elementWise("Selu", (x) => SELU_SCALE * (x >= 0 ? x : SELU_ALPHA * Math.expm1(x))),
  sigmoid: elementWise("Sigmoid", sigmoid),
  softplus: elementWise("Softplus", (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))),
  softsign: elementWise("Softsign", (x) => x / (1 + Math.abs(x))),
  tanh: elementWise("Tanh", Math.tanh),
  hard_sigmoid: {
    evaluate: (x) => mapValues(x, (value) => Math.min(Math.max(0.2 * value + 0.5, 0), 1)),
    emit: (graph, x, name) => {
      const scaled = graph.binary("Mul", `${name}/scaled`, x, graph.scalar(`${name}/slope`, "float32", 0.2));
      const shifted = graph.binary("AddV2", `${name}/shifted`, scaled, graph.scalar(`${name}/shift`, "float32", 0.5));
      const positive = graph.binary("Maximum", `${name}/low`, shifted, graph.scalar(`${name}/zero`, "float32", 0));
      return graph.binary("Minimum", name, positive, graph.scalar(`${name}/one`, "float32", 1));
    },
  },
  swish: {
    evaluate: (x) => mapValues(x, (value) => value * sigmoid(value)),
    emit: (graph, x, name) => graph.binary("Mul", name, x, graph.unary("Sigmoid", `${name}/sigmoid`, x)),
  },
  softmax: {
    evaluate: softmax,
    emit: (graph, x, name) => graph.unary("Softmax", name, x),
  },
};

function elementWise(op: string, rule: (x: number) => number): ActivationRule {
  return { evaluate: (x) => mapValues(x, rule), emit: (graph, x, name) => graph.unary(op, name, x) };
}

function mapValues({ values, shape }: Activations, rule: (x: number) => number): Activations {
  return { values: values.map(rule), shape };
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

function softmax({ values, shape }: Activations): Activations {
  const width = shape.at(-1) ?? 1;
  const result = new Float32Array(values.length);
  for (let start = 0; start < values.length; start += width) {
    const row = values.subarray(start, start + width);
    const largest = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    let sum = 0;
    for (const value of row) sum += Math.exp(value - largest);
    row.forEach((value, i) => {
      result[start + i] = Math.exp(value - largest) / sum;
    });
  }
  return { values: result, shape };
}

/** The activation of a layer's configuration, by Keras's or tfjs's spelling of its name. */
export function activationOf(layer: LayerNode): ActivationRule {
  const wish = layer.config.activation ?? "linear";
  const name = String(wish).replace("hardSigmoid", "hard_sigmoid").replace("silu", "swish");
  const rule = ACTIVATIONS[name];
  if (!rule) {
    const known = Object.keys(ACTIVATIONS).join(", ");
    throw new Error(`Layer "${layer.name}" has the activation "${name}", which cannot be exported; known are ${known}`);
  }
  return rule;
}

export const activationLayers: LayerRules = {
  Activation: {
    evaluate: ([x], layer) => activationOf(layer).evaluate(x!),
    emit: (graph, [x], layer) => activationOf(layer).emit(graph, x!, layer.name),
  },
  ReLU: {
    evaluate: ([x], layer) => mapValues(x!, (value) => Math.min(Math.max(value, 0), reluLimit(layer))),
    emit: (graph, [x], layer) => {
      const positive = graph.unary("Relu", layer.name, x!);
      const limit = reluLimit(layer);
      if (limit === Number.POSITIVE_INFINITY) return positive;
      return graph.binary("Minimum", layer.name, positive, graph.scalar(`${layer.name}/max`, "float32", limit));
    },
  },
  LeakyReLU: {
    evaluate: ([x], layer) => mapValues(x!, (value) => (value >= 0 ? value : value * leakyAlpha(layer))),
    emit: (graph, [x], layer) =>
      graph.tensor("LeakyRelu", layer.name, "float32", x!.shape, {
        inputs: [x!],
        attributes: { T: attribute.type("float32"), alpha: attribute.float(leakyAlpha(layer)) },
      }),
  },
  Softmax: {
    evaluate: ([x]) => softmax(x!),
    emit: (graph, [x], layer) => graph.unary("Softmax", layer.name, x!),
  },
};

function reluLimit(layer: LayerNode): number {
  return typeof layer.config.max_value === "number" ? layer.config.max_value : Number.POSITIVE_INFINITY;
}

function leakyAlpha(layer: LayerNode): number {
  return typeof layer.config.alpha === "number" ? layer.config.alpha : 0.3;
}
