// TensorFlow Transform in TypeScript: what a `preprocessingFn` is written with. Importing this loads no data libraries.
import { max, mean, min, size, sum, variance } from "./analyzers/numbers.ts";
import { quantiles } from "./analyzers/quantiles.ts";
import { vocabulary } from "./analyzers/vocabulary.ts";
import { bucketize, computeAndApplyVocabulary, scaleByMinMax, scaleTo01, scaleToZScore } from "./mappers.ts";
import { applyBuckets } from "./operations/buckets.ts";
import { constant } from "./operations/constant.ts";
import * as elementWise from "./operations/element-wise.ts";
import { concat, expandDims, oneHot, reshape, sparseToDense, squeeze, stack } from "./operations/shape.ts";
import { asString, hashStrings } from "./operations/strings.ts";
import { applyVocabulary } from "./operations/vocabulary-lookup.ts";
import type { TransformOutput } from "./transform-output.ts";

/** Analyzers (a pass over all rows) and the functions made with them; `tensorflow_transform`'s names in camelCase. */
export const tft = {
  min,
  max,
  mean,
  var: variance,
  sum,
  size,
  quantiles,
  vocabulary,
  scaleToZScore,
  scaleTo01,
  scaleByMinMax,
  bucketize,
  applyBuckets,
  computeAndApplyVocabulary,
  applyVocabulary,
  hashStrings,
} as const;

const { elementWiseOperations: _registry, ...elementWiseFunctions } = elementWise;

/** Operations on the tensors of a `preprocessingFn`, TensorFlow's names in camelCase. */
export const ops = {
  ...elementWiseFunctions,
  constant,
  sparseToDense,
  squeeze,
  expandDims,
  reshape,
  stack,
  concat,
  oneHot,
  asString,
} as const;

export type { VocabularyOptions } from "./analyzers/vocabulary.ts";
export type { FeatureSpec, FeatureSpecs, FixedLengthFeature, VariableLengthFeature } from "./feature-spec.ts";
export type { ApplyVocabularyOptions } from "./operations/vocabulary-lookup.ts";
export type { PreprocessingFn, Tensor, TensorLike, TransformInputs, TransformOutputs } from "./tensor.ts";
export type { TransformOutput } from "./transform-output.ts";

/**
 * Reads what Transform wrote from its folder, `fnArgs.transformGraphPath`.
 * @throws when the folder is not a TransformGraph that was written here
 */
export async function loadTransformOutput(uri: string): Promise<TransformOutput> {
  const module = await import("./transform-output.ts");
  return module.TransformOutput.load(uri);
}
