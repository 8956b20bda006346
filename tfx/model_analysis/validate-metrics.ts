import { type CompleteEvalConfig, hasThresholds } from "./complete-eval-config.ts";
import type { ConfiguredMetric, SliceThreshold } from "./configured-metrics.ts";
import type { ChangeThreshold, MetricThreshold, SlicingSpec, ValueThreshold } from "./eval-config.ts";
import type { MetricKey, SliceMetrics } from "./evaluate-slices.ts";
import type { MetricResult } from "./metrics/metric.ts";
import { isSliceOf, type SliceKey } from "./slice-key.ts";

/** A metric that missed a threshold. */
export interface ValidationFailure {
  readonly key: MetricKey;
  readonly threshold: MetricThreshold;
  /** Absent when the metric is. */
  readonly value?: number;
  readonly message: string;
}

/** Whether a model is good enough; TFMA's `ValidationResult`. */
export interface ValidationResult {
  readonly validationOk: boolean;
  readonly failuresPerSlice: readonly {
    readonly sliceKey: SliceKey;
    readonly failures: readonly ValidationFailure[];
  }[];
  /** Specs of thresholds that no slice belongs to. */
  readonly missingSlices: readonly SlicingSpec[];
  readonly slicingDetails: readonly { readonly slicingSpec: SlicingSpec; readonly numMatchingSlices: number }[];
  readonly missingThresholds: boolean;
  readonly rubberStamp: boolean;
}

interface Check {
  readonly key: MetricKey;
  readonly slicingSpec?: SlicingSpec;
  readonly threshold: MetricThreshold;
}

/**
 * Compares metrics with their thresholds, by TFMA's rules: bounds are inclusive, NaN always fails, a threshold without
 * slices holds for every slice, a metric that is not there fails, and so does a spec that no slice belongs to.
 */
export function validateMetrics(
  config: CompleteEvalConfig,
  metrics: readonly ConfiguredMetric[],
  slices: readonly SliceMetrics[],
): ValidationResult {
  const checks = metrics.flatMap((metric) => checksOf(config, metric));
  const matching = new Map<string, { slicingSpec: SlicingSpec; numMatchingSlices: number }>();
  const failuresPerSlice = slices.flatMap((slice) => {
    const failures = checks.flatMap((check) => checkSlice(config, slice, check, matching));
    return failures.length > 0 ? [{ sliceKey: slice.sliceKey, failures: withoutRepeats(failures) }] : [];
  });
  const missingSlices = missingSpecs(checks, matching);
  const missingThresholds = !hasThresholds(config);
  const allMet = slices.length > 0 && failuresPerSlice.length === 0 && missingSlices.length === 0;
  return {
    validationOk: allMet && (!missingThresholds || config.rubberStamp),
    failuresPerSlice,
    missingSlices,
    slicingDetails: [...matching.values()],
    missingThresholds,
    rubberStamp: config.rubberStamp,
  };
}

function checksOf(config: CompleteEvalConfig, configured: ConfiguredMetric): Check[] {
  const { metric, modelNames, valueThresholds, changeThresholds } = configured;
  const modelName = config.candidate.name;
  if (modelNames.length > 0 && !modelNames.includes(modelName)) return [];
  const check = <T>(thresholds: readonly SliceThreshold<T>[], isDiff: boolean, wrap: (each: T) => MetricThreshold) =>
    thresholds.map(({ slicingSpec, threshold }) => ({
      key: { name: metric.name, modelName, isDiff },
      slicingSpec,
      threshold: wrap(threshold),
    }));
  return [
    ...check(valueThresholds, false, (valueThreshold: ValueThreshold) => ({ valueThreshold })),
    ...check(changeThresholds, true, (changeThreshold: ChangeThreshold) => ({ changeThreshold })),
  ];
}

function checkSlice(
  config: CompleteEvalConfig,
  { sliceKey, metrics }: SliceMetrics,
  { key, slicingSpec, threshold }: Check,
  matching: Map<string, { slicingSpec: SlicingSpec; numMatchingSlices: number }>,
): ValidationFailure[] {
  const find = (wanted: MetricKey): MetricResult | undefined =>
    metrics.find((metric) => isSameKey(metric.key, wanted))?.value;
  const value = find(key);
  if (value === undefined) return [{ key, threshold, message: "Metric not found." }];
  if (slicingSpec && !isSliceOf(sliceKey, slicingSpec)) return [];

  countMatch(matching, slicingSpec ?? {});
  if (typeof value !== "number") {
    const message = "Invalid metrics or threshold for comparison: the metric is not a single number.";
    return [{ key, threshold, value: Number.NaN, message }];
  }
  const baselineKey = { name: key.name, modelName: config.baseline?.name ?? "", isDiff: false };
  const isMet = threshold.changeThreshold
    ? meetsChange(value, find(baselineKey), threshold.changeThreshold)
    : meetsValue(value, threshold.valueThreshold ?? {});
  return isMet ? [] : [{ key, threshold, value, message: "" }];
}

function meetsValue(value: number, { lowerBound, upperBound }: ValueThreshold): boolean {
  return value >= (lowerBound ?? Number.NEGATIVE_INFINITY) && value <= (upperBound ?? Number.POSITIVE_INFINITY);
}

/** The relative bound is on the difference divided by the baseline, and cannot be met where the baseline is 0. */
function meetsChange(
  difference: number,
  baseline: MetricResult | undefined,
  { direction, absolute, relative }: ChangeThreshold,
): boolean {
  const quotient = typeof baseline === "number" && baseline !== 0 ? difference / baseline : Number.NaN;
  if (direction === "LOWER_IS_BETTER") {
    const none = Number.POSITIVE_INFINITY;
    return difference <= (absolute ?? none) && quotient <= (relative ?? none);
  }
  const none = Number.NEGATIVE_INFINITY;
  return difference >= (absolute ?? none) && quotient >= (relative ?? none);
}

function isSameKey(a: MetricKey, b: MetricKey): boolean {
  return a.name === b.name && a.modelName === b.modelName && a.isDiff === b.isDiff;
}

/** The same threshold may be set for several specs that a slice belongs to; it fails once. */
function withoutRepeats(failures: readonly ValidationFailure[]): ValidationFailure[] {
  const seen = new Set<string>();
  return failures.filter(({ key, threshold }) => {
    const id = JSON.stringify([key, threshold]);
    return !seen.has(id) && seen.add(id);
  });
}

function countMatch(
  matching: Map<string, { slicingSpec: SlicingSpec; numMatchingSlices: number }>,
  slicingSpec: SlicingSpec,
): void {
  const id = JSON.stringify(slicingSpec);
  const known = matching.get(id) ?? { slicingSpec, numMatchingSlices: 0 };
  known.numMatchingSlices++;
  matching.set(id, known);
}

function missingSpecs(checks: readonly Check[], matching: ReadonlyMap<string, unknown>): SlicingSpec[] {
  const specs = checks.map(({ slicingSpec }) => slicingSpec ?? {});
  const missing = new Map(specs.map((spec) => [JSON.stringify(spec), spec]));
  for (const id of matching.keys()) missing.delete(id);
  return [...missing.values()];
}
