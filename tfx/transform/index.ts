// TensorFlow Transform in TypeScript: what a `preprocessingFn` is written with. Importing this loads no data libraries.
import { max, mean, min, size, sum, variance } from "./analyzers/numbers.ts";
import { quantiles } from "./analyzers/quantiles.ts";
import { vocabulary } from "./analyzers/vocabulary.ts";
import { bucketize, computeAndApplyVocabulary, scaleByMinMax, scaleTo01, scaleToZScore } from "./mappers.ts";
import { add, divide, maximum, minimum, multiply, subtract } from "./operations/arithmetic.ts";
import { applyBuckets } from "./operations/buckets.ts";
import {
  equal,
  greater,
  greaterEqual,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  notEqual,
} from "./operations/comparison.ts";
import { constant } from "./operations/constant.ts";
import { cast, onesLike, where, zerosLike } from "./operations/conversion.ts";
import { concat, expandDims, oneHot, reshape, sparseToDense, squeeze, stack } from "./operations/shape.ts";
import { asString, hashStrings } from "./operations/strings.ts";
import { abs, exp, floor, isNan, log, log1p, negative, sigmoid, sqrt } from "./operations/unary.ts";
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

/** Operations on the tensors of a `preprocessingFn`, TensorFlow's names in camelCase. */
export const ops = {
  add,
  subtract,
  multiply,
  divide,
  minimum,
  maximum,
  greater,
  greaterEqual,
  less,
  lessEqual,
  equal,
  notEqual,
  logicalAnd,
  logicalOr,
  logicalNot,
  negative,
  abs,
  sqrt,
  log,
  log1p,
  exp,
  floor,
  sigmoid,
  isNan,
  cast,
  where,
  zerosLike,
  onesLike,
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
