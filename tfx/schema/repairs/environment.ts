import type { Feature, Schema } from "../schema.ts";

/**
 * Whether a feature belongs to an environment: listed, or the environment is a default one, and not excluded. Without
 * an environment every feature does.
 */
export function isInEnvironment(schema: Schema, feature: Feature, environment: string | undefined): boolean {
  if (environment === undefined) return true;
  if (feature.not_in_environment?.includes(environment)) return false;
  return Boolean(feature.in_environment?.includes(environment) || schema.default_environment?.includes(environment));
}

const UNCHECKED_STAGES: readonly (string | undefined)[] = ["PLANNED", "ALPHA", "DEPRECATED", "DEBUG_ONLY", "DISABLED"];

/** Whether a feature is not checked, being deprecated or not yet in use. */
export function isDeprecated(feature: Feature): boolean {
  return feature.deprecated === true || UNCHECKED_STAGES.includes(feature.lifecycle_stage);
}

/** Whether data without the feature is anomalous. */
export function isRequired(schema: Schema, feature: Feature, environment: string | undefined): boolean {
  if (isDeprecated(feature)) return false;
  const { min_count = 0, min_fraction = 0 } = feature.presence ?? {};
  return (min_count > 0 || min_fraction > 0) && isInEnvironment(schema, feature, environment);
}
