import type { Description } from "../../anomalies/description.ts";
import type { Mutable } from "../mutable.ts";
import type { Feature, FeatureType, Schema } from "../schema.ts";

/** The members of the oneof `domain_info`, and the feature types each goes with. */
const DOMAINS = {
  domain: ["BYTES"],
  string_domain: ["BYTES"],
  bool_domain: ["BYTES", "INT", "FLOAT"],
  int_domain: ["BYTES", "INT"],
  float_domain: ["BYTES", "FLOAT"],
  struct_domain: ["STRUCT"],
  natural_language_domain: ["BYTES", "INT", "FLOAT"],
  image_domain: ["BYTES"],
  audio_domain: ["BYTES"],
  video_domain: ["BYTES"],
  content_chunk_domain: ["BYTES"],
  mid_domain: ["BYTES"],
  url_domain: ["BYTES"],
  time_domain: ["BYTES", "INT"],
  time_of_day_domain: ["BYTES", "INT"],
} as const satisfies Record<string, readonly FeatureType[]>;

export type DomainKind = keyof typeof DOMAINS;

/** Which domain a feature has, if any. */
export function domainKind(feature: Feature): DomainKind | undefined {
  return (Object.keys(DOMAINS) as DomainKind[]).find((kind) => feature[kind] !== undefined);
}

/** Removes the feature's domain. */
export function clearDomain(feature: Mutable<Feature>): void {
  for (const kind of Object.keys(DOMAINS) as DomainKind[]) delete feature[kind];
}

/** Makes a feature's own constraints consistent, whatever the data; says what was not. */
export function repairSelf(schema: Mutable<Schema>, feature: Mutable<Feature>): Description[] {
  if (feature.name === undefined) {
    feature.lifecycle_stage = "DEPRECATED";
    return [
      only(
        "FEATURE_MISSING_NAME",
        "unspecified name (maybe meant to be the empty string): find name rather than deprecating.",
      ),
    ];
  }
  const found: Description[] = [];
  if (feature.type === undefined || feature.type === "TYPE_UNKNOWN") {
    const hasStrings = feature.domain !== undefined || feature.string_domain !== undefined;
    found.push(only("FEATURE_MISSING_TYPE", hasStrings ? INFERRED_TYPE : UNKNOWN_TYPE));
    if (!hasStrings) {
      feature.lifecycle_stage = "DEPRECATED";
      return found;
    }
    feature.type = "BYTES";
  }
  found.push(...repairPresence(feature), ...repairValueCounts(feature), ...repairDomain(schema, feature));
  return found;
}

const INFERRED_TYPE = "unspecified type: inferring the type to be BYTES, given the domain specified.";
const UNKNOWN_TYPE = "unspecified type: determine the type and set it, rather than deprecating.";

/** A fault of the schema itself has one sentence only. */
function only(type: Description["type"], short: string): Description {
  return { type, short, long: "" };
}

function invalid(short: string): Description {
  return only("INVALID_SCHEMA_SPECIFICATION", short);
}

function repairPresence({ presence }: Mutable<Feature>): Description[] {
  if (presence?.min_fraction === undefined) return [];
  if (presence.min_fraction < 0) {
    delete presence.min_fraction;
    return [invalid("min_fraction should not be negative: clear is equal to zero")];
  }
  if (presence.min_fraction <= 1) return [];
  presence.min_fraction = 1;
  return [invalid("min_fraction should not greater than 1")];
}

function repairValueCounts(feature: Mutable<Feature>): Description[] {
  const found: Description[] = [];
  const count = feature.value_count;
  if (count?.min !== undefined && count.min < 0) {
    delete count.min;
    found.push(invalid("ValueCount.min should not be negative"));
  }
  if (count?.max !== undefined && count.max < (count.min ?? 0)) {
    count.max = count.min ?? 0;
    found.push(invalid("ValueCount.max should not be less than min"));
  }
  if (feature.shape?.dim?.some(({ size = 0 }) => size <= 0)) {
    delete feature.shape;
    found.push(invalid("Shape.dim.size must be a positive integer"));
  }
  return found;
}

function repairDomain(schema: Mutable<Schema>, feature: Mutable<Feature>): Description[] {
  const kind = domainKind(feature);
  if (kind && !(DOMAINS[kind] as readonly FeatureType[]).includes(feature.type!)) {
    clearDomain(feature);
    const long = `The domain "${kind}" does not match the type: ${feature.type}`;
    return [{ type: "DOMAIN_INVALID_FOR_TYPE", short: "The domain does not match the type", long }];
  }
  if (kind === "domain" && !schema.string_domain?.some(({ name }) => name === feature.domain)) {
    const missing = feature.domain;
    clearDomain(feature);
    return [only("INVALID_DOMAIN_SPECIFICATION", `missing domain: ${missing}`)];
  }
  if (kind === "domain" || kind === "string_domain" || !feature.distribution_constraints) return [];
  delete feature.distribution_constraints;
  if (!kind) return [invalid("distribution constraints require domain or string domain.")];
  const name = /^(bool|int|float|struct)_/.exec(kind)?.[1] ?? "semantic";
  return [invalid(`distribution constraints not supported for ${name} domains.`)];
}
