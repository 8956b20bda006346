import type { Feature, FeatureType, LifecycleStage, Schema } from "../schema/schema.ts";
import type { FeatureSpec, FeatureSpecs } from "./feature-spec.ts";
import type { TensorSpec } from "./tensor.ts";

const DTYPES: Partial<Record<FeatureType, FeatureSpec["dtype"]>> = { FLOAT: "float32", INT: "int64", BYTES: "string" };
const TYPES = { float32: "FLOAT", int64: "INT", string: "BYTES" } as const;

/** Features in these stages are not read (TFT's `schema_utils`). */
const INACTIVE: readonly LifecycleStage[] = ["PLANNED", "ALPHA", "DEPRECATED", "DEBUG_ONLY", "DISABLED"];

/**
 * How the features of a schema are read from tf.Examples: those with a shape have a fixed number of values, which they
 * may have only when they are in every example; the others have any number (`schema_as_feature_spec`).
 * @throws for what has no tensor form here: structs, sparse and weighted features, tensor representations
 */
export function featureSpecsOf(schema: Schema): FeatureSpecs {
  refuse("sparse_feature", schema.sparse_feature);
  refuse("weighted_feature", schema.weighted_feature);
  refuse("tensor_representation_group", Object.keys(schema.tensor_representation_group ?? {}));
  const active = (schema.feature ?? []).filter(
    ({ deprecated, lifecycle_stage: stage }) => !deprecated && !(stage && INACTIVE.includes(stage)),
  );
  return Object.fromEntries(active.map((feature) => [feature.name ?? "", featureSpec(feature)]));
}

function refuse(field: string, content: readonly unknown[] | undefined): void {
  if (content && content.length > 0) throw new Error(`The schema has ${field}, which Transform does not support`);
}

function featureSpec({ name, type, shape, presence }: Feature): FeatureSpec {
  const dtype = type && DTYPES[type];
  if (!dtype) throw new Error(`Feature "${name}" has type ${type}; Transform reads FLOAT, INT and BYTES`);
  if (!shape) return { kind: "varlen", dtype };
  if (presence?.min_fraction !== 1) {
    throw new Error(
      `Feature "${name}" had tensor shape but its presence.min_fraction is ${presence?.min_fraction ?? "not set"}, not 1`,
    );
  }
  const sizes = (shape.dim ?? []).map(({ size }) => {
    if (size === undefined || Number(size) < 1) throw new Error(`Feature "${name}" has a shape of unknown size`);
    return Number(size);
  });
  return { kind: "fixed", dtype, shape: sizes };
}

/** The ids that a transformed feature can have, when it holds nothing else. */
export interface IdDomain {
  readonly min: number;
  readonly max: number;
}

/** A transformed feature as the schema describes it; its ids' range when it is categorical. */
export interface TransformedFeature {
  readonly name: string;
  readonly spec: TensorSpec;
  readonly domain?: IdDomain;
}

/** The schema of transformed examples: every feature present everywhere with its shape, sorted by name. */
export function transformedSchema(features: readonly TransformedFeature[]): Schema {
  const sorted = [...features].sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    feature: sorted.map(({ name, spec, domain }) => ({
      name,
      type: TYPES[spec.dtype as FeatureSpec["dtype"]],
      ...(domain && { int_domain: { ...domain, is_categorical: true } }),
      presence: { min_fraction: 1 },
      shape: { dim: spec.shape.slice(1).map((size) => ({ size: size ?? -1 })) },
    })),
  };
}
