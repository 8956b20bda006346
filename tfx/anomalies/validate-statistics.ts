import { serializePath } from "../protos/path.ts";
import { type FeatureView, featureViews } from "../schema/feature-view.ts";
import { mutableCopy } from "../schema/mutable.ts";
import { isDeprecated, isRequired } from "../schema/repairs/environment.ts";
import { repairFeature } from "../schema/repairs/repair-feature.ts";
import type { Schema } from "../schema/schema.ts";
import type { DatasetFeatureStatistics } from "../statistics/statistics.ts";
import type { Anomalies, AnomalyInfo } from "./anomalies.ts";
import type { Description } from "./description.ts";

/**
 * Finds where statistics do not fit a schema (TFDV's `validate_statistics`, without previous or serving statistics).
 * @param environment one of the schema's default environments, if only its features count
 * @throws when the environment is not the schema's, or the schema has what is not supported
 */
export function validateStatistics(
  statistics: DatasetFeatureStatistics,
  schema: Schema,
  environment?: string,
): Anomalies {
  if (environment !== undefined && !schema.default_environment?.includes(environment)) {
    throw new Error(`Environment ${environment} not found in the schema.`);
  }
  refuseUnsupported(schema);
  if (Number(statistics.num_examples ?? 0) === 0) return { baseline: schema, data_missing: true };

  const views = featureViews(statistics);
  const found = new Map<string, Description[]>();
  for (const view of views) found.set(view.name, checkFeature(schema, view, environment));
  for (const feature of schema.feature ?? []) {
    if (found.has(feature.name ?? "") || !isRequired(schema, feature, environment)) continue;
    found.set(feature.name ?? "", [
      { type: "SCHEMA_MISSING_COLUMN", short: "Column dropped", long: "Column is completely missing" },
    ]);
  }
  const anomaly_info: Record<string, AnomalyInfo> = {};
  for (const [name, descriptions] of found) {
    const path = { step: [name] };
    if (descriptions.length > 0) anomaly_info[serializePath(path)] = { path, ...anomalyInfo(descriptions) };
  }
  const ofDataset = checkDataset(schema, Number(statistics.num_examples));
  return {
    baseline: schema,
    anomaly_name_format: "SERIALIZED_PATH",
    anomaly_info,
    ...(ofDataset.length > 0 && { dataset_anomaly_info: anomalyInfo(ofDataset) }),
  };
}

function refuseUnsupported(schema: Schema): void {
  for (const key of ["sparse_feature", "weighted_feature"] as const) {
    const name = schema[key]?.[0]?.name;
    if (name !== undefined) throw new Error(`The schema has the ${key} "${name}", which cannot be validated yet`);
  }
}

function checkFeature(schema: Schema, view: FeatureView, environment: string | undefined): Description[] {
  // Each feature is repaired in a copy of its own, so that one's repair of a shared domain does not hide another's anomaly.
  const copy = mutableCopy(schema);
  const feature = copy.feature?.find(({ name }) => name === view.name);
  if (!feature) {
    return [{ type: "SCHEMA_NEW_COLUMN", short: "New column", long: "New column (column in data but not in schema)" }];
  }
  return isDeprecated(feature) ? [] : repairFeature(copy, feature, view, environment);
}

function checkDataset({ dataset_constraints = {} }: Schema, numExamples: number): Description[] {
  const { min_examples_count, max_examples_count } = dataset_constraints;
  const found: Description[] = [];
  if (min_examples_count !== undefined && numExamples < min_examples_count) {
    const long = `The dataset has ${numExamples} examples, which is fewer than expected.`;
    found.push({ type: "DATASET_LOW_NUM_EXAMPLES", short: "Low num examples in dataset.", long });
  }
  if (max_examples_count !== undefined && numExamples > max_examples_count) {
    const long = `The dataset has ${numExamples} examples, which is more than expected.`;
    found.push({ type: "DATASET_HIGH_NUM_EXAMPLES", short: "High num examples in dataset.", long });
  }
  return found;
}

function anomalyInfo(descriptions: readonly Description[]): AnomalyInfo {
  const spoken = descriptions.filter(({ long }) => long !== "");
  return {
    severity: "ERROR",
    short_description: spoken.length > 1 ? "Multiple errors" : (spoken[0] ?? descriptions[0]!).short,
    description: spoken.map(({ long }) => long).join(" "),
    reason: descriptions.map(({ type, short, long }) => ({ type, short_description: short, description: long })),
  };
}
