import type { CompleteEvalConfig } from "./complete-eval-config.ts";
import type { ConfiguredMetric } from "./configured-metrics.ts";
import type { LabeledPredictions, MetricResult } from "./metrics/metric.ts";
import type { SliceKey } from "./slice-key.ts";
import type { Slice } from "./slicer.ts";

/** Which metric of which model a value is; a difference is named after the candidate. */
export interface MetricKey {
  readonly name: string;
  readonly modelName: string;
  readonly isDiff: boolean;
}

export interface MetricOfSlice {
  readonly key: MetricKey;
  readonly value: MetricResult;
}

/** The metrics of one slice, or why there are none. */
export interface SliceMetrics {
  readonly sliceKey: SliceKey;
  readonly metrics: readonly MetricOfSlice[];
  readonly error?: string;
}

/** Labels, predictions and weights of all examples, per model. */
export interface EvaluatedExamples {
  readonly candidate: LabeledPredictions;
  readonly baseline?: LabeledPredictions;
}

/** Computes every metric for every slice: of the candidate, of the baseline, and their difference. */
export function evaluateSlices(
  config: CompleteEvalConfig,
  metrics: readonly ConfiguredMetric[],
  examples: EvaluatedExamples,
  slices: readonly Slice[],
): SliceMetrics[] {
  const minSize = config.options?.minSliceSize ?? 1;
  return slices.map(({ key, rows }) => {
    if (rows.length < minSize) {
      const error = `Example count for this slice key is lower than the minimum required value: ${minSize}. No data is aggregated for this slice.`;
      return { sliceKey: key, metrics: [], error };
    }
    const candidate = takeExamples(examples.candidate, rows);
    const baseline = examples.baseline && takeExamples(examples.baseline, rows);
    return { sliceKey: key, metrics: metrics.flatMap((metric) => valuesOf(config, metric, candidate, baseline)) };
  });
}

function valuesOf(
  config: CompleteEvalConfig,
  { metric, modelNames }: ConfiguredMetric,
  candidate: LabeledPredictions,
  baseline: LabeledPredictions | undefined,
): MetricOfSlice[] {
  const isWanted = (name: string): boolean => modelNames.length === 0 || modelNames.includes(name);
  const { name } = metric;
  const values: MetricOfSlice[] = [];
  const own = isWanted(config.candidate.name) ? metric.compute(candidate) : undefined;
  if (own !== undefined) {
    values.push({ key: { name, modelName: config.candidate.name, isDiff: false }, value: own });
  }
  if (!baseline || !config.baseline || !isWanted(config.baseline.name)) return values;
  const other = metric.compute(baseline);
  values.push({ key: { name, modelName: config.baseline.name, isDiff: false }, value: other });
  const difference = own === undefined ? undefined : subtract(own, other);
  if (difference !== undefined) {
    values.push({ key: { name, modelName: config.candidate.name, isDiff: true }, value: difference });
  }
  return values;
}

/** Candidate − baseline; matrices have no difference. */
function subtract(candidate: MetricResult, baseline: MetricResult): MetricResult | undefined {
  if (typeof candidate === "number" && typeof baseline === "number") return candidate - baseline;
  if (!isNumbers(candidate) || !isNumbers(baseline)) return undefined;
  return candidate.map((value, index) => value - baseline[index]!);
}

export function isNumbers(value: MetricResult): value is readonly number[] {
  return Array.isArray(value);
}

function takeExamples(examples: LabeledPredictions, rows: readonly number[]): LabeledPredictions {
  const take = (values: Float64Array): Float64Array => Float64Array.from(rows, (row) => values[row]!);
  return {
    labels: take(examples.labels),
    predictions: take(examples.predictions),
    weights: take(examples.weights),
  };
}
