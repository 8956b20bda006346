import { type LayerNode, type LayerRule, type LayerRules, unsupportedOption, weightOf } from "./layer.ts";

/** A layer that gives each place of the last dimension its own factor and shift. */
function affine(factors: (layer: LayerNode, width: number) => { scale: Float32Array; shift: Float32Array }): LayerRule {
  return {
    evaluate: ([x], layer) => {
      const width = x!.shape.at(-1) ?? 1;
      const { scale, shift } = factors(layer, width);
      const values = x!.values.map((value, i) => value * scale[i % width]! + shift[i % width]!);
      return { values, shape: x!.shape };
    },
    emit: (graph, [x], layer) => {
      const width = x!.shape.at(-1) ?? 1;
      const { scale, shift } = factors(layer, width);
      const factor = graph.constant(`${layer.name}/scale`, scale, [width]);
      const scaled = graph.binary("Mul", `${layer.name}/scaled`, x!, factor);
      return graph.binary("AddV2", layer.name, scaled, graph.constant(`${layer.name}/shift`, shift, [width]));
    },
  };
}

/** (x − moving mean) ÷ √(moving variance + ε) × γ + β, as in inference. */
const batchNormalization = affine((layer, width) => {
  const axis = layer.config.axis ?? -1;
  if (axis !== -1 && axis !== 1) throw unsupportedOption(layer, "axis");
  const epsilon = Number(layer.config.epsilon ?? 0.001);
  const mean = weightOf(layer, "moving_mean").values;
  const variance = weightOf(layer, "moving_variance").values;
  const gamma = layer.config.scale === false ? undefined : weightOf(layer, "gamma").values;
  const beta = layer.config.center === false ? undefined : weightOf(layer, "beta").values;
  const scale = Float32Array.from({ length: width }, (_, i) => (gamma?.[i] ?? 1) / Math.sqrt(variance[i]! + epsilon));
  const shift = Float32Array.from({ length: width }, (_, i) => (beta?.[i] ?? 0) - mean[i]! * scale[i]!);
  return { scale, shift };
});

const rescaling = affine(({ config }, width) => ({
  scale: new Float32Array(width).fill(Number(config.scale ?? 1)),
  shift: new Float32Array(width).fill(Number(config.offset ?? 0)),
}));

export const scalingLayers: LayerRules = { BatchNormalization: batchNormalization, Rescaling: rescaling };
