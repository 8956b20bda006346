import type { Description } from "../../anomalies/description.ts";
import type { FeatureView } from "../feature-view.ts";
import type { Mutable } from "../mutable.ts";
import type { Feature, ValueCount } from "../schema.ts";

/** The numbers of values a feature's statistics allow to demand; undefined when they allow none. */
export function inferValueCount({ minNumValues: min, maxNumValues: max }: FeatureView): ValueCount | undefined {
  if (min === 0) return undefined;
  return min === max ? { min, max } : { min: 1 };
}

/** Relaxes how many values an example must have to what the data has. */
export function relaxValueCount(feature: Mutable<Feature>, view: FeatureView): Description[] {
  const counts = feature.value_counts?.value_count;
  if (counts && counts.length !== 1) {
    delete feature.value_counts;
    const inferred = inferValueCount(view);
    if (inferred) feature.value_count = inferred;
    return [
      {
        type: "VALUE_NESTEDNESS_MISMATCH",
        short: "Mismatched value nest level",
        long: "The values have a different nest level than expected. Value counts will not be checked.",
      },
    ];
  }
  const count = counts?.[0] ?? feature.value_count;
  const where = counts ? " at nestedness level 0" : "";
  const found: Description[] = [];
  if (count?.min !== undefined && view.minNumValues < count.min) {
    const long = `Some examples have fewer values than expected${where}.`;
    found.push({ type: "FEATURE_TYPE_LOW_NUMBER_VALUES", short: "Missing values", long });
    if (view.minNumValues === 0) delete count.min;
    else count.min = view.minNumValues;
  }
  if (count?.max !== undefined && view.maxNumValues > count.max) {
    const long = `Some examples have more values than expected${where}.`;
    found.push({ type: "FEATURE_TYPE_HIGH_NUMBER_VALUES", short: "Superfluous values", long });
    count.max = view.maxNumValues;
  }
  return found;
}

/** Drops a feature's shape when the data does not have it everywhere. */
export function relaxShape(feature: Mutable<Feature>, view: FeatureView): Description[] {
  if (!feature.shape) return [];
  const expected = (feature.shape.dim ?? []).reduce((product, { size = 0 }) => product * Number(size), 1);
  const fixed = view.minNumValues === view.maxNumValues && view.numMissing === 0 ? view.minNumValues : 0;
  if (fixed === expected) return [];
  delete feature.shape;
  const long =
    fixed > 0
      ? `The feature has fixed value length ${fixed} but it's not compatible with the specified shape.`
      : "The feature has a shape, but it's not always present (if the feature is nested, then it should always be " +
        "present at each nested level) or its value lengths vary.";
  return [{ type: "INVALID_FEATURE_SHAPE", short: "Feature shape dropped", long }];
}

/** Relaxes how many different values a feature must have. */
export function relaxUnique(feature: Mutable<Feature>, view: FeatureView): Description[] {
  const constraints = feature.unique_constraints;
  if (!constraints) return [];
  if (view.numUnique === undefined) {
    delete feature.unique_constraints;
    const long =
      "UniqueConstraints specified for the feature, but unique values were not counted (i.e., feature is not string or categorical).";
    return [{ type: "FEATURE_TYPE_NO_UNIQUE", short: "No unique values", long }];
  }
  const { min = 0, max = 0 } = constraints;
  const found: Description[] = [];
  if (view.numUnique < min) {
    const long = `Expected at least ${min} unique values but found only ${view.numUnique}.`;
    found.push({ type: "FEATURE_TYPE_LOW_UNIQUE", short: "Low number of unique values", long });
    constraints.min = view.numUnique;
  }
  if (view.numUnique > max) {
    const long = `Expected no more than ${max} unique values but found ${view.numUnique}.`;
    found.push({ type: "FEATURE_TYPE_HIGH_UNIQUE", short: "High number of unique values", long });
    constraints.max = view.numUnique;
  }
  return found;
}
