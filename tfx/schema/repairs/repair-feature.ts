import type { Description } from "../../anomalies/description.ts";
import type { FeatureView } from "../feature-view.ts";
import type { Mutable } from "../mutable.ts";
import type { Feature, Schema } from "../schema.ts";
import { isDeprecated, isInEnvironment, isRequired } from "./environment.ts";
import { repairBoolDomain, widenFloatDomain, widenIntDomain } from "./number-domains.ts";
import { relaxPresence } from "./presence.ts";
import { clearDomain, domainKind, repairSelf } from "./self.ts";
import { extendStringDomain } from "./string-domain.ts";
import { relaxShape, relaxUnique, relaxValueCount } from "./value-count.ts";

/**
 * Changes a feature of the schema so that the data fits it, and says what did not fit. Validation keeps the words and
 * throws the change away; a schema's update keeps the change (TFDV).
 */
export function repairFeature(
  schema: Mutable<Schema>,
  feature: Mutable<Feature>,
  view: FeatureView,
  environment?: string,
): Description[] {
  const found = repairSelf(schema, feature);
  if (isDeprecated(feature)) return found;
  if (view.numPresent === 0) {
    if (!isRequired(schema, feature, environment)) return found;
    feature.lifecycle_stage = "DEPRECATED";
    const long = "The feature was not present in any examples.";
    return [...found, { type: "FEATURE_TYPE_NOT_PRESENT", short: "Column dropped", long }];
  }
  return [
    ...found,
    ...joinEnvironment(schema, feature, environment),
    ...checkType(feature, view),
    ...relaxValueCount(feature, view),
    ...relaxPresence(feature, view),
    ...relaxShape(feature, view),
    ...relaxUnique(feature, view),
    ...repairDomain(schema, feature, view),
  ];
}

function joinEnvironment(schema: Schema, feature: Mutable<Feature>, environment: string | undefined): Description[] {
  if (environment === undefined || isInEnvironment(schema, feature, environment)) return [];
  feature.not_in_environment = feature.not_in_environment?.filter((other) => other !== environment);
  if (!isInEnvironment(schema, feature, environment)) {
    feature.in_environment = [...(feature.in_environment ?? []), environment];
  }
  const long = `New column ${feature.name} found in data but not in the environment ${environment} in the schema.`;
  return [{ type: "SCHEMA_NEW_COLUMN", short: "Column missing in environment", long }];
}

function checkType(feature: Mutable<Feature>, view: FeatureView): Description[] {
  if (feature.type === view.featureType) return [];
  feature.lifecycle_stage = "DEPRECATED";
  const long = `Expected data of type: ${feature.type} but got ${view.type}`;
  return [{ type: "UNEXPECTED_DATA_TYPE", short: "Unexpected data type", long }];
}

function repairDomain(schema: Mutable<Schema>, feature: Mutable<Feature>, view: FeatureView): Description[] {
  const kind = domainKind(feature);
  // A domain says nothing about values of another type.
  if (feature.type !== view.featureType || !kind) return [];
  const bytesDomains = ["natural_language_domain", "image_domain", "url_domain"];
  if (view.type === "BYTES" && !bytesDomains.includes(kind)) {
    clearDomain(feature);
    const long = `Data is marked as BYTES with incompatible domain_info: ${kind} of feature ${feature.name}`;
    return [{ type: "DOMAIN_INVALID_FOR_TYPE", short: "Invalid domain type", long }];
  }
  switch (kind) {
    case "domain":
      return extendStringDomain(feature, schema.string_domain!.find(({ name }) => name === feature.domain)!, view);
    case "string_domain":
      return extendStringDomain(feature, feature.string_domain!, view);
    case "bool_domain":
      return repairBoolDomain(feature, view);
    case "int_domain":
      return widenIntDomain(feature, view);
    case "float_domain":
      return widenFloatDomain(feature, view);
    default:
      return [];
  }
}
