import type { FeatureView } from "./feature-view.ts";
import type { Mutable } from "./mutable.ts";
import { holdsIntegersAsText } from "./repairs/number-domains.ts";
import { inferValueCount } from "./repairs/value-count.ts";
import type { BoolDomain, Feature, Schema } from "./schema.ts";

export interface InferenceOptions {
  /** Whether a feature that always has the same number of values gets a shape, so that it can be a dense tensor. */
  readonly inferFeatureShape: boolean;
  /** A string feature with more different values gets no domain. */
  readonly maxStringDomainSize: number;
}

/** Adds a feature, as its statistics suggest, to the schema, and its string domain if it has one (TFDV's rules). */
export function addInferredFeature(schema: Mutable<Schema>, view: FeatureView, options: InferenceOptions): void {
  const always = view.numPresent > 0 && view.numMissing === 0;
  const feature: Mutable<Feature> = {
    name: view.name,
    type: view.featureType,
    presence: { ...(always && { min_fraction: 1 }), min_count: view.numPresent > 0 ? 1 : 0 },
  };
  if (view.numPresent > 0) Object.assign(feature, inferShape(view, options));
  Object.assign(feature, inferDomain(schema, view, options));
  schema.feature = [...(schema.feature ?? []), feature];
}

function inferShape(
  view: FeatureView,
  { inferFeatureShape }: InferenceOptions,
): Pick<Feature, "shape" | "value_count"> {
  const { minNumValues, maxNumValues, numMissing } = view;
  if (inferFeatureShape && numMissing === 0 && minNumValues === maxNumValues && minNumValues > 0) {
    return { shape: { dim: [{ size: minNumValues }] } };
  }
  const value_count = inferValueCount(view);
  return value_count ? { value_count } : {};
}

function inferDomain(schema: Mutable<Schema>, view: FeatureView, options: InferenceOptions): Partial<Feature> {
  if (view.hasInvalidUtf8 || view.type === "BYTES") return {};
  const bool_domain = inferBoolDomain(view);
  if (bool_domain) return { bool_domain };
  if (view.type !== "STRING") return {};
  if (holdsIntegersAsText(view)) return { int_domain: {} };
  const values = [...view.stringValues.keys()];
  if (values.length === 0 || values.length > options.maxStringDomainSize) return {};
  const name = unusedDomainName(schema, view.name);
  schema.string_domain = [...(schema.string_domain ?? []), { name, value: values }];
  return { domain: name };
}

const TRUE_VALUES = ["TRUE", "true", "SET", "set", "1", ""];
const FALSE_VALUES = ["FALSE", "false", "CLEAR", "clear", "0"];

function inferBoolDomain(view: FeatureView): BoolDomain | undefined {
  if (view.type === "INT" && view.numbers) {
    return (view.numbers.min ?? 0) >= 0 && view.numbers.max === 1 ? {} : undefined;
  }
  const values = [...view.stringValues.keys()];
  if (view.type !== "STRING" || values.length === 0 || values.length > 2) return undefined;
  const true_value = values.find((value) => TRUE_VALUES.includes(value));
  const false_value = values.find((value) => FALSE_VALUES.includes(value));
  if (!values.every((value) => value === true_value || value === false_value)) return undefined;
  return { ...(true_value !== undefined && { true_value }), ...(false_value !== undefined && { false_value }) };
}

function unusedDomainName(schema: Schema, candidate: string): string {
  const used = new Set(schema.string_domain?.map(({ name }) => name));
  let name = candidate;
  for (let index = 2; used.has(name); index++) name = `${candidate}${index}`;
  return name;
}
