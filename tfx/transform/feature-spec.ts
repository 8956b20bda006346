import type { DType } from "../saved_model/dtype.ts";
import type { TensorSpec } from "./tensor.ts";

/** A feature of which every example has the same number of values. */
export interface FixedLengthFeature {
  readonly kind: "fixed";
  readonly dtype: "float32" | "int64" | "string";
  /** Sizes without the batch; none for one value that makes a `[batch]` tensor. */
  readonly shape: readonly number[];
}

/** A feature with any number of values in an example, also none. */
export interface VariableLengthFeature {
  readonly kind: "varlen";
  readonly dtype: "float32" | "int64" | "string";
}

/** How a feature is read from tf.Examples: TensorFlow's FixedLenFeature and VarLenFeature. */
export type FeatureSpec = FixedLengthFeature | VariableLengthFeature;

export type FeatureSpecs = Readonly<Record<string, FeatureSpec>>;

/** What a feature looks like as a tensor. */
export function tensorSpecOf(feature: FeatureSpec): TensorSpec {
  return feature.kind === "varlen"
    ? { dtype: feature.dtype, shape: [null, null], layout: "sparse" }
    : { dtype: feature.dtype, shape: [null, ...feature.shape], layout: "dense" };
}

/** The types that tf.Examples hold. */
export function isFeatureDType(dtype: DType): dtype is FeatureSpec["dtype"] {
  return dtype === "float32" || dtype === "int64" || dtype === "string";
}
