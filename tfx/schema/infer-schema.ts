import type { DatasetFeatureStatistics } from "../statistics/statistics.ts";
import { featureViews } from "./feature-view.ts";
import { addInferredFeature, type InferenceOptions } from "./infer-feature.ts";
import { mutableCopy } from "./mutable.ts";
import { isRequired } from "./repairs/environment.ts";
import { repairFeature } from "./repairs/repair-feature.ts";
import type { Schema } from "./schema.ts";

/** TFDV's defaults of `infer_schema`. */
export const DEFAULT_INFERENCE: InferenceOptions = { inferFeatureShape: true, maxStringDomainSize: 100 };

/** The schema that statistics suggest (TFDV's `infer_schema`). */
export function inferSchema(
  statistics: DatasetFeatureStatistics,
  options: InferenceOptions = DEFAULT_INFERENCE,
): Schema {
  const schema = mutableCopy<Schema>({});
  for (const view of featureViews(statistics)) addInferredFeature(schema, view, options);
  return schema;
}

/**
 * The schema changed so that other statistics fit it too (TFDV's `update_schema`): constraints are relaxed, string
 * domains extended, new features added without a shape, and required features that are gone marked as deprecated.
 */
export function updateSchema(
  schema: Schema,
  statistics: DatasetFeatureStatistics,
  maxStringDomainSize: number = DEFAULT_INFERENCE.maxStringDomainSize,
): Schema {
  const updated = mutableCopy(schema);
  const views = featureViews(statistics);
  for (const view of views) {
    const feature = updated.feature?.find(({ name }) => name === view.name);
    if (feature) repairFeature(updated, feature, view);
    else addInferredFeature(updated, view, { inferFeatureShape: false, maxStringDomainSize });
  }
  const seen = new Set(views.map((view) => view.name));
  for (const feature of updated.feature ?? []) {
    if (!seen.has(feature.name ?? "") && isRequired(updated, feature, undefined)) {
      feature.lifecycle_stage = "DEPRECATED";
    }
  }
  return updated;
}
