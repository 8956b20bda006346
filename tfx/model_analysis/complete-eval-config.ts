import type { EvalConfig, MetricConfig, MetricsSpec, MetricThreshold, ModelSpec } from "./eval-config.ts";

export const CANDIDATE = "candidate";
export const BASELINE = "baseline";

/** A config whose model specs are settled: one, or a candidate and a baseline. */
export interface CompleteEvalConfig extends EvalConfig {
  readonly candidate: ModelSpec & { readonly name: string };
  readonly baseline?: ModelSpec & { readonly name: string };
  /** True when thresholds against a baseline were dropped because there is none. */
  readonly rubberStamp: boolean;
}

/**
 * Completes a config as TFX's Evaluator does: without a baseline model, the baseline's spec and every change threshold
 * go; with one and a single spec, the spec stands for both, named `candidate` and `baseline`.
 */
export function completeEvalConfig(config: EvalConfig, hasBaseline: boolean): CompleteEvalConfig {
  const specs = config.modelSpecs && config.modelSpecs.length > 0 ? config.modelSpecs : [{}];
  if (specs.length > 2) throw new Error(`Cannot support more than two models. Got ${specs.length} model_specs.`);
  if (specs.length === 2) refuseUnclearPair(specs);
  const withSlices = { ...config, slicingSpecs: config.slicingSpecs?.length ? config.slicingSpecs : [{}] };

  const isBaseline = (spec: ModelSpec): boolean => spec.isBaseline === true;
  const candidate = specs.find((spec) => !isBaseline(spec));
  if (!candidate) throw new Error("evalConfig.modelSpecs has only a baseline; one spec must not be");
  if (!hasBaseline) {
    const single = { ...candidate, name: "" };
    const metricsSpecs = (config.metricsSpecs ?? []).map((spec) =>
      withoutChangeThresholds({ ...spec, modelNames: [] }),
    );
    const rubberStamp = (config.metricsSpecs ?? []).flatMap(thresholdsOf).some((each) => each.changeThreshold);
    return { ...withSlices, modelSpecs: [single], metricsSpecs, candidate: single, rubberStamp };
  }
  const baseline = specs.find(isBaseline) ?? { ...candidate, isBaseline: true };
  const pair = {
    candidate: { ...candidate, name: specs.length === 2 ? candidate.name! : CANDIDATE },
    baseline: { ...baseline, name: specs.length === 2 ? baseline.name! : BASELINE },
  };
  return { ...withSlices, ...pair, modelSpecs: [pair.candidate, pair.baseline], rubberStamp: false };
}

/** Whether anything is left to compare metrics with. */
export function hasThresholds(config: EvalConfig): boolean {
  return (config.metricsSpecs ?? []).flatMap(thresholdsOf).length > 0;
}

function thresholdsOf({ metrics = [], thresholds = {}, perSliceThresholds = {} }: MetricsSpec): MetricThreshold[] {
  const perSlice = [
    ...metrics.flatMap((metric) => metric.perSliceThresholds ?? []),
    ...Object.values(perSliceThresholds).flatMap((each) => each.thresholds),
  ];
  return [
    ...metrics.flatMap(({ threshold }) => threshold ?? []),
    ...Object.values(thresholds),
    ...perSlice.map(({ threshold }) => threshold),
  ];
}

function refuseUnclearPair(specs: readonly ModelSpec[]): void {
  const names = specs.map(({ name }) => name ?? "");
  if (names.includes("") || new Set(names).size < names.length) {
    throw new Error(`evalConfig.modelSpecs need different names that are not empty, got ${JSON.stringify(names)}`);
  }
  const baselines = specs.filter(({ isBaseline }) => isBaseline).length;
  if (baselines !== 1) throw new Error(`Of two evalConfig.modelSpecs exactly one is the baseline, got ${baselines}`);
}

function withoutChangeThresholds(spec: MetricsSpec): MetricsSpec {
  const { metrics = [], thresholds = {}, perSliceThresholds = {} } = spec;
  return {
    ...spec,
    metrics: metrics.map(metricWithoutChange),
    thresholds: keepDefined(mapValues(thresholds, withoutChange)),
    perSliceThresholds: keepDefined(
      mapValues(perSliceThresholds, (perSlice) => {
        const kept = perSliceWithoutChange(perSlice.thresholds);
        return kept && { thresholds: kept };
      }),
    ),
  };
}

function metricWithoutChange({ threshold, perSliceThresholds, ...metric }: MetricConfig): MetricConfig {
  const kept = threshold && withoutChange(threshold);
  const keptPerSlice = perSliceWithoutChange(perSliceThresholds ?? []);
  return {
    ...metric,
    ...(kept ? { threshold: kept } : {}),
    ...(keptPerSlice ? { perSliceThresholds: keptPerSlice } : {}),
  };
}

function perSliceWithoutChange(
  thresholds: NonNullable<MetricConfig["perSliceThresholds"]>,
): MetricConfig["perSliceThresholds"] {
  const kept = thresholds.flatMap(({ slicingSpecs, threshold }) => {
    const left = withoutChange(threshold);
    return left ? [{ slicingSpecs, threshold: left }] : [];
  });
  return kept.length > 0 ? kept : undefined;
}

function withoutChange({ valueThreshold }: MetricThreshold): MetricThreshold | undefined {
  return valueThreshold && { valueThreshold };
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, map: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}

function keepDefined<T>(record: Readonly<Record<string, T | undefined>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter((entry): entry is [string, T] => entry[1] !== undefined));
}
