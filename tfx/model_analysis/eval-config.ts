import type { Json } from "../components/executor.ts";
import { EVAL_CONFIG, readShape, withProtoNames } from "./eval-config-shape.ts";

/** Which model is evaluated, and where its labels and predictions are. */
export interface ModelSpec {
  /** Needed, and different, when there are two. */
  readonly name?: string;
  /** @default "serving_default" */
  readonly signatureName?: string;
  /** The feature that holds the label; those of the preprocessing functions come before the raw ones. */
  readonly labelKey?: string;
  /** Which output of the signature is the prediction, when it has several. */
  readonly predictionKey?: string;
  readonly exampleWeightKey?: string;
  readonly isBaseline?: boolean;
  readonly modelType?: string;
  /** Signatures of the model that turn serialized examples into features, such as `transform_features`. */
  readonly preprocessingFunctionNames?: readonly string[];
  /** Examples given to the model at once. @default 4096 */
  readonly inferenceBatchSize?: number;
}

/** A way to cut the examples; without any field it is the overall slice. */
export interface SlicingSpec {
  /** One slice for every combination of these features' values. */
  readonly featureKeys?: readonly string[];
  /** Only examples with these values. */
  readonly featureValues?: Readonly<Record<string, string>>;
}

/** Bounds, inclusive, of a metric's value. */
export interface ValueThreshold {
  readonly lowerBound?: number;
  readonly upperBound?: number;
}

/** Bounds of the difference between candidate and baseline. */
export interface ChangeThreshold {
  readonly direction: "LOWER_IS_BETTER" | "HIGHER_IS_BETTER";
  /** Bound of candidate − baseline. */
  readonly absolute?: number;
  /** Bound of (candidate − baseline) / baseline. */
  readonly relative?: number;
}

export interface MetricThreshold {
  readonly valueThreshold?: ValueThreshold;
  readonly changeThreshold?: ChangeThreshold;
}

export interface PerSliceMetricThreshold {
  readonly slicingSpecs: readonly SlicingSpec[];
  readonly threshold: MetricThreshold;
}

export interface MetricConfig {
  /** A metric's class name, such as `BinaryAccuracy`. */
  readonly className: string;
  /** JSON of the metric's own options, such as `{"thresholds": [0.3]}`. */
  readonly config?: string;
  /** Holds for every slice there is. */
  readonly threshold?: MetricThreshold;
  readonly perSliceThresholds?: readonly PerSliceMetricThreshold[];
}

export interface MetricsSpec {
  readonly metrics?: readonly MetricConfig[];
  /** The models that these metrics are for. @default all */
  readonly modelNames?: readonly string[];
  /**
   * Thresholds by metric name. A metric that is not among `metrics` is computed with its default options, as TFMA
   * takes it from the model.
   */
  readonly thresholds?: Readonly<Record<string, MetricThreshold>>;
  readonly perSliceThresholds?: Readonly<Record<string, { readonly thresholds: readonly PerSliceMetricThreshold[] }>>;
}

export interface EvalOptions {
  readonly includeDefaultMetrics?: boolean;
  /** Slices with fewer examples get an error in place of metrics. */
  readonly minSliceSize?: number;
}

/** What to evaluate and what counts as good enough; TFMA's `EvalConfig` in camelCase. */
export interface EvalConfig {
  readonly modelSpecs?: readonly ModelSpec[];
  readonly slicingSpecs?: readonly SlicingSpec[];
  readonly metricsSpecs?: readonly MetricsSpec[];
  readonly options?: EvalOptions;
}

/**
 * Reads an EvalConfig in proto3's JSON form, camelCase or snake_case.
 * @throws TypeError that names the field when one is unknown, not supported, or of another type
 */
export function parseEvalConfig(json: unknown): EvalConfig {
  return readShape(EVAL_CONFIG, json, "evalConfig") as EvalConfig;
}

/** The config as an execution property: field names as in TFMA's `.proto` file. */
export function evalConfigProperty(config: EvalConfig): Json {
  return withProtoNames(EVAL_CONFIG, parseEvalConfig(config));
}
