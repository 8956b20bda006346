import type { ConfusionMatrix, LabeledPredictions } from "./metric.ts";

/** TFMA's histogram of predictions, which metrics over many thresholds are computed from. */
const HISTOGRAM_BUCKETS = 10_000;
const EPSILON = 1e-7;

/**
 * The matrices at some thresholds; a prediction above the threshold is positive. A label between 0 and 1 counts as
 * both, by its share.
 * @throws when a label is outside of [0, 1]
 */
export function confusionMatrices(examples: LabeledPredictions, thresholds: readonly number[]): ConfusionMatrix[] {
  return thresholds.map((threshold) => {
    let [tp, tn, fp, fn] = [0, 0, 0, 0];
    forEachShare(examples, (prediction, positive, negative) => {
      if (prediction > threshold) {
        tp += positive;
        fp += negative;
      } else {
        fn += positive;
        tn += negative;
      }
    });
    return { threshold, tp, tn, fp, fn };
  });
}

/**
 * The matrices at thresholds spread evenly over [0, 1], as TFMA computes them: from a histogram of 10,000 buckets, so
 * that a prediction counts as the lower edge of its bucket. The outer thresholds lie just outside of [0, 1].
 */
export function interpolatedMatrices(examples: LabeledPredictions, numThresholds: number): ConfusionMatrix[] {
  const thresholds = interpolatedThresholds(numThresholds);
  const last = thresholds.length - 1;
  const positives = new Float64Array(thresholds.length);
  const negatives = new Float64Array(thresholds.length);
  forEachShare(examples, (prediction, positive, negative) => {
    const interval = lastAtMost(thresholds, bucketEdge(prediction));
    positives[interval]! += positive;
    negatives[interval]! += negative;
  });
  const tp = sumsFrom(positives);
  const fp = sumsFrom(negatives);
  return thresholds.map((threshold, index) => {
    // Nothing is above the last threshold: what its interval holds are predictions of 1.
    if (index === last) return { threshold, tp: 0, fp: 0, fn: tp[0]!, tn: fp[0]! };
    return { threshold, tp: tp[index]!, fp: fp[index]!, fn: tp[0]! - tp[index]!, tn: fp[0]! - fp[index]! };
  });
}

function interpolatedThresholds(count: number): number[] {
  const inner = Array.from({ length: count - 2 }, (_, index) => (index + 1) / (count - 1));
  return [-EPSILON, ...inner, 1 + EPSILON];
}

/** The lower edge of the bucket that a prediction falls into. */
function bucketEdge(prediction: number): number {
  const bucket = prediction * HISTOGRAM_BUCKETS + 1;
  if (bucket < 0) return Number.NEGATIVE_INFINITY;
  if (bucket >= HISTOGRAM_BUCKETS + 1) return Number.POSITIVE_INFINITY;
  const id = Math.trunc(bucket);
  return id === 0 ? Number.NEGATIVE_INFINITY : (id - 1) / HISTOGRAM_BUCKETS;
}

/**
 * The last interval that starts at or below an edge, the first when none does. A bucket that starts at a threshold is
 * not above it, for which TFMA moves every threshold but 0 up a little.
 */
function lastAtMost(thresholds: readonly number[], edge: number): number {
  let low = 0;
  let high = thresholds.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const threshold = thresholds[middle]!;
    if (edge >= (threshold === 0 ? 0 : threshold + EPSILON)) low = middle;
    else high = middle - 1;
  }
  return low;
}

function sumsFrom(values: Float64Array): Float64Array {
  const sums = values.slice();
  for (let index = sums.length - 2; index >= 0; index--) sums[index]! += sums[index + 1]!;
  return sums;
}

function forEachShare(
  { labels, predictions, weights }: LabeledPredictions,
  add: (prediction: number, positive: number, negative: number) => void,
): void {
  for (let index = 0; index < labels.length; index++) {
    const label = labels[index]!;
    if (!(label >= 0 && label <= 1)) {
      throw new Error(`This metric takes labels from 0 to 1, got ${label}; is the label key the right one?`);
    }
    const weight = weights[index]!;
    add(predictions[index]!, weight * label, weight * (1 - label));
  }
}
