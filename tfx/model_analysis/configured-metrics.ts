import type { ChangeThreshold, MetricsSpec, MetricThreshold, SlicingSpec, ValueThreshold } from "./eval-config.ts";
import { createMetric, createMetricByName, type Metric } from "./metrics/registry.ts";

/** A threshold and the slices it holds for: those of a spec, or every one. */
export interface SliceThreshold<T> {
  readonly slicingSpec?: SlicingSpec;
  readonly threshold: T;
}

/** A metric that the config asks for, with everything it has to meet. */
export interface ConfiguredMetric {
  readonly metric: Metric;
  /** The models it is computed for; empty for all. */
  readonly modelNames: readonly string[];
  readonly valueThresholds: readonly SliceThreshold<ValueThreshold>[];
  readonly changeThresholds: readonly SliceThreshold<ChangeThreshold>[];
}

/**
 * Makes the metrics of a config, before any example is read.
 * @throws when a metric or an option is not known, or two different metrics have one name
 */
export function configuredMetrics(specs: readonly MetricsSpec[]): ConfiguredMetric[] {
  const metrics = specs.flatMap(metricsOfSpec);
  const names = metrics.map(({ metric, modelNames }) => `${metric.name}/${modelNames.join()}`);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated)
    throw new Error(`Two metrics are called "${repeated.split("/")[0]}"; give one another name in its config`);
  return metrics;
}

function metricsOfSpec(spec: MetricsSpec): ConfiguredMetric[] {
  const { metrics = [], thresholds = {}, perSliceThresholds = {}, modelNames = [] } = spec;
  const configured = metrics.map(({ className, config, threshold, perSliceThresholds: perSlice = [] }) => ({
    metric: createMetric(className, config),
    thresholds: [...everySlice(threshold), ...perSlice.flatMap(someSlices)],
  }));
  const names = configured.map(({ metric }) => metric.name);
  const byThreshold = [...new Set([...Object.keys(thresholds), ...Object.keys(perSliceThresholds)])]
    .filter((name) => !names.includes(name))
    .map((name) => ({ metric: createMetricByName(name), thresholds: [] }));

  return [...configured, ...byThreshold].map(({ metric, thresholds: own }) => {
    const all = [
      ...own,
      ...everySlice(thresholds[metric.name]),
      ...(perSliceThresholds[metric.name]?.thresholds ?? []).flatMap(someSlices),
    ];
    return {
      metric,
      modelNames,
      valueThresholds: all.flatMap(({ slicingSpec, threshold: { valueThreshold } }) =>
        valueThreshold ? [{ slicingSpec, threshold: valueThreshold }] : [],
      ),
      changeThresholds: all.flatMap(({ slicingSpec, threshold: { changeThreshold } }) =>
        changeThreshold ? [{ slicingSpec, threshold: checkedChange(metric.name, changeThreshold) }] : [],
      ),
    };
  });
}

function everySlice(threshold: MetricThreshold | undefined): SliceThreshold<MetricThreshold>[] {
  return threshold ? [{ threshold }] : [];
}

function someSlices({
  slicingSpecs,
  threshold,
}: {
  readonly slicingSpecs?: readonly SlicingSpec[];
  readonly threshold: MetricThreshold;
}): SliceThreshold<MetricThreshold>[] {
  return (slicingSpecs ?? []).map((slicingSpec) => ({ slicingSpec, threshold }));
}

function checkedChange(metric: string, threshold: ChangeThreshold): ChangeThreshold {
  if (threshold.direction === "HIGHER_IS_BETTER" || threshold.direction === "LOWER_IS_BETTER") return threshold;
  throw new Error(
    `The change threshold of ${metric} needs a direction, HIGHER_IS_BETTER or LOWER_IS_BETTER; got ${threshold.direction}`,
  );
}
