import { type Int64, messageType } from "../protos/message-type.ts";
import type { Path } from "../protos/path.ts";

/*
 * The messages of tensorflow_metadata's schema.proto, as far as they are used; what is not named here still survives
 * reading and writing, since messages are plain objects. proto2: a field that is set, even to zero, is present.
 */

export type FeatureType = "TYPE_UNKNOWN" | "BYTES" | "INT" | "FLOAT" | "STRUCT";
export type LifecycleStage =
  | "UNKNOWN_STAGE"
  | "PLANNED"
  | "ALPHA"
  | "BETA"
  | "PRODUCTION"
  | "DEPRECATED"
  | "DEBUG_ONLY"
  | "DISABLED"
  | "VALIDATION_DERIVED";

export interface Schema {
  readonly feature?: readonly Feature[];
  readonly string_domain?: readonly StringDomain[];
  readonly int_domain?: readonly IntDomain[];
  readonly float_domain?: readonly FloatDomain[];
  readonly default_environment?: readonly string[];
  readonly sparse_feature?: readonly { readonly name?: string }[];
  readonly weighted_feature?: readonly { readonly name?: string }[];
  readonly dataset_constraints?: DatasetConstraints;
  readonly annotation?: object;
  readonly tensor_representation_group?: object;
  readonly represent_variable_length_as_ragged?: boolean;
}
export interface Feature {
  readonly name?: string;
  readonly deprecated?: boolean;
  readonly type?: FeatureType;
  readonly value_count?: ValueCount;
  readonly value_counts?: { readonly value_count: readonly ValueCount[] };
  readonly shape?: FixedShape;
  readonly presence?: FeaturePresence;
  readonly group_presence?: { readonly required?: boolean };
  /** The name of a domain of the schema. */
  readonly domain?: string;
  readonly int_domain?: IntDomain;
  readonly float_domain?: FloatDomain;
  readonly string_domain?: StringDomain;
  readonly bool_domain?: BoolDomain;
  readonly struct_domain?: object;
  readonly natural_language_domain?: object;
  readonly image_domain?: object;
  readonly audio_domain?: object;
  readonly video_domain?: object;
  readonly content_chunk_domain?: object;
  readonly mid_domain?: object;
  readonly url_domain?: object;
  readonly time_domain?: object;
  readonly time_of_day_domain?: object;
  readonly distribution_constraints?: { readonly min_domain_mass?: number };
  readonly in_environment?: readonly string[];
  readonly not_in_environment?: readonly string[];
  readonly lifecycle_stage?: LifecycleStage;
  readonly skew_comparator?: FeatureComparator;
  readonly drift_comparator?: FeatureComparator;
  readonly unique_constraints?: { readonly min?: Int64; readonly max?: Int64 };
  readonly annotation?: object;
}
export interface ValueCount {
  readonly min?: Int64;
  readonly max?: Int64;
}
export interface FixedShape {
  readonly dim?: readonly { readonly size?: Int64; readonly name?: string }[];
}
export interface FeaturePresence {
  readonly min_fraction?: number;
  readonly min_count?: Int64;
}
export interface IntDomain {
  readonly name?: string;
  readonly min?: Int64;
  readonly max?: Int64;
  readonly is_categorical?: boolean;
}
export interface FloatDomain {
  readonly name?: string;
  readonly min?: number;
  readonly max?: number;
  readonly disallow_nan?: boolean;
  readonly disallow_inf?: boolean;
  readonly is_categorical?: boolean;
}
export interface StringDomain {
  readonly name?: string;
  readonly value?: readonly string[];
}
export interface BoolDomain {
  readonly name?: string;
  readonly true_value?: string;
  readonly false_value?: string;
}
export interface FeatureComparator {
  readonly infinity_norm?: { readonly threshold?: number };
  readonly jensen_shannon_divergence?: { readonly threshold?: number };
  readonly normalized_abs_difference?: { readonly threshold?: number };
}
export interface DatasetConstraints {
  readonly min_examples_count?: Int64;
  readonly max_examples_count?: Int64;
  readonly num_examples_drift_comparator?: object;
  readonly num_examples_version_comparator?: object;
}
export type { Path };

/** The codec of `tensorflow.metadata.v0.Schema`. */
export function schemaType() {
  return messageType<Schema>("tensorflow_metadata/proto/v0/schema.proto", "tensorflow.metadata.v0.Schema");
}
