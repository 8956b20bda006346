import { activationLayers } from "./activations.ts";
import { categoryLayers } from "./categories.ts";
import { dense } from "./dense.ts";
import type { LayerRule, LayerRules } from "./layer.ts";
import { mergeLayers } from "./merge.ts";
import { scalingLayers } from "./scaling.ts";
import { shapeLayers } from "./shape.ts";

const RULES: LayerRules = {
  Dense: dense,
  ...activationLayers,
  ...mergeLayers,
  ...shapeLayers,
  ...categoryLayers,
  ...scalingLayers,
};

/** How a class of layers computes. @throws when it cannot be exported, naming those that can */
export function layerRule(layerName: string, className: string): LayerRule {
  const rule = RULES[className];
  if (!rule) {
    const known = Object.keys(RULES).sort().join(", ");
    throw new Error(`Layer "${layerName}" is a ${className}, which cannot be exported; known are ${known}`);
  }
  return rule;
}
