import { max as maximumOf, mean, min as minimumOf, variance } from "./analyzers/numbers.ts";
import { quantiles } from "./analyzers/quantiles.ts";
import { type VocabularyOptions, vocabularyTensor } from "./analyzers/vocabulary.ts";
import { add, divide, multiply, subtract } from "./operations/arithmetic.ts";
import { applyBuckets } from "./operations/buckets.ts";
import { less, notEqual } from "./operations/comparison.ts";
import { cast, where } from "./operations/conversion.ts";
import { sigmoid, sqrt } from "./operations/unary.ts";
import { type ApplyVocabularyOptions, applyVocabulary } from "./operations/vocabulary-lookup.ts";
import { expectDense, expectTensor, type Tensor } from "./tensor.ts";

/* Functions that analyse a feature over all rows and transform it with the result, after TensorFlow Transform. */

/**
 * (x − mean) ÷ standard deviation, of the population; x − mean where all values are the same. Integers give float32.
 */
export function scaleToZScore(x: Tensor): Tensor {
  const name = "tft.scaleToZScore()";
  expectTensor(name, x, ["float32", "float64", "int64"]);
  expectDense(name, x);
  const floats = x.dtype === "float64" ? x : cast(x, "float32");
  const centred = subtract(floats, mean(x));
  const deviation = sqrt(variance(x));
  return where(notEqual(deviation, 0), divide(centred, deviation), centred);
}

/** Brings the analysed range to [0, 1]; see `scaleByMinMax`. */
export function scaleTo01(x: Tensor): Tensor {
  return scaleByMinMax(x, { outputMin: 0, outputMax: 1 });
}

/**
 * Brings the analysed range [min, max] to [outputMin, outputMax]. Where min is not below max, the sigmoid of x takes
 * the place of the scaled value. Values beyond the analysed range leave the output range.
 */
export function scaleByMinMax(
  x: Tensor,
  range: { readonly outputMin?: number; readonly outputMax?: number } = {},
): Tensor {
  const name = "tft.scaleByMinMax()";
  expectTensor(name, x, ["float32", "float64", "int64"]);
  expectDense(name, x);
  const { outputMin = 0, outputMax = 1 } = range;
  if (!(outputMin < outputMax)) {
    throw new RangeError(`${name} expected outputMin < outputMax, got ${outputMin} and ${outputMax}`);
  }
  const dtype = x.dtype === "float64" ? "float64" : "float32";
  const floats = cast(x, dtype);
  const low = cast(minimumOf(x), dtype);
  const high = cast(maximumOf(x), dtype);
  const scaled = divide(subtract(floats, low), subtract(high, low));
  const unit = where(less(low, high), scaled, sigmoid(floats));
  return add(multiply(unit, outputMax - outputMin), outputMin);
}

/**
 * The bucket of each value, from 0, with boundaries such that `numBuckets` buckets hold about the same number of
 * values; see `quantiles` and `applyBuckets`.
 */
export function bucketize(x: Tensor, numBuckets: number): Tensor {
  if (!Number.isInteger(numBuckets) || numBuckets < 2) {
    throw new RangeError(`tft.bucketize() expected an integer numBuckets > 1, got ${numBuckets}`);
  }
  return applyBuckets(x, quantiles(x, numBuckets));
}

/** The id of each value in the vocabulary of its own feature; see `vocabulary` and `applyVocabulary`. */
export function computeAndApplyVocabulary(x: Tensor, options: VocabularyOptions & ApplyVocabularyOptions = {}): Tensor {
  const { defaultValue, numOovBuckets, ...vocabularyOptions } = options;
  const vocabulary = vocabularyTensor(x, vocabularyOptions, "compute_and_apply_vocabulary");
  return applyVocabulary(x, vocabulary, { defaultValue, numOovBuckets });
}
