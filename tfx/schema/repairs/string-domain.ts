import { cEscape, type Description } from "../../anomalies/description.ts";
import type { FeatureView } from "../feature-view.ts";
import type { Mutable } from "../mutable.ts";
import type { Feature, StringDomain } from "../schema.ts";
import { clearDomain } from "./self.ts";

/** Adds the values of the data that a string domain lacks, unless so few are off the domain that the feature allows it. */
export function extendStringDomain(
  feature: Mutable<Feature>,
  domain: Mutable<StringDomain>,
  view: FeatureView,
): Description[] {
  if (view.hasInvalidUtf8) {
    clearDomain(feature);
    const long = "Found strings that were not valid UTF8 strings.";
    return [{ type: "ENUM_TYPE_INVALID_UTF8", short: "Invalid UTF8 strings", long }];
  }
  const known = new Set(domain.value);
  const missing = [...view.stringValues].filter(([value]) => !known.has(value));
  const minMass = feature.distribution_constraints?.min_domain_mass ?? 1;
  const missingMass = missing.reduce((sum, [, count]) => sum + count, 0) / view.totalNumValues;
  if (missing.length === 0 || (minMass < 1 && missingMass <= 1 - minMass)) return [];
  domain.value = [...(domain.value ?? []), ...missing.map(([value]) => value)];
  const listed = missing.map(([value, count]) => `${cEscape(value)} (${percentage(count, view.totalNumValues)})`);
  return [
    {
      type: "ENUM_TYPE_UNEXPECTED_STRING_VALUES",
      short: "Unexpected string values",
      // TFDV ends this one with a blank.
      long: `Examples contain values missing from the schema: ${listed.join(", ")}. `,
    },
  ];
}

function percentage(count: number, total: number): string {
  if (total === 0) return "?";
  const percent = (100 * count) / total;
  return percent < 1 ? "<1%" : `~${Math.floor(percent)}%`;
}
