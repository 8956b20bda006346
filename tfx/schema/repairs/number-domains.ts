import { type Description, sixDigits } from "../../anomalies/description.ts";
import type { NumericStatistics } from "../../statistics/statistics.ts";
import type { FeatureView } from "../feature-view.ts";
import type { Mutable } from "../mutable.ts";
import type { BoolDomain, Feature } from "../schema.ts";
import { clearDomain } from "./self.ts";

const INTEGER = /^\s*[+-]?\d+\s*$/;

/** The least and the greatest value of a feature that holds integers, as numbers or as text; or the first text that is none. */
function integerRange(view: FeatureView): { min: bigint; max: bigint } | { text: string } | undefined {
  if (view.type === "INT" && view.numbers) {
    return { min: BigInt(view.numbers.min ?? 0), max: BigInt(view.numbers.max ?? 0) };
  }
  if (view.type === "FLOAT") return undefined;
  const values = [...view.stringValues.keys()];
  const text = values.find((value) => !isInt64(value));
  if (text !== undefined) return { text };
  if (values.length === 0) return undefined;
  const numbers = values.map((value) => BigInt(value.trim().replace(/^\+/, "")));
  numbers.sort((a, b) => (a < b ? -1 : Number(a > b)));
  return { min: numbers[0]!, max: numbers.at(-1)! };
}

function isInt64(text: string): boolean {
  if (!INTEGER.test(text)) return false;
  const value = BigInt(text.trim().replace(/^\+/, ""));
  return BigInt.asIntN(64, value) === value;
}

/** Whether every known string value is an integer. */
export function holdsIntegersAsText(view: FeatureView): boolean {
  return view.stringValues.size > 0 && [...view.stringValues.keys()].every(isInt64);
}

/** Widens an integer domain to the data. */
export function widenIntDomain(feature: Mutable<Feature>, view: FeatureView): Description[] {
  const domain = feature.int_domain!;
  const range = integerRange(view);
  if (!range) return [];
  if ("text" in range) {
    clearDomain(feature);
    const long = `String values that were not ints were found, such as "${range.text}".`;
    return [{ type: "INT_TYPE_NOT_INT_STRING", short: "Invalid values", long }];
  }
  const found: Description[] = [];
  if (domain.min !== undefined && domain.min > range.min) {
    found.push({
      type: "INT_TYPE_SMALL_INT",
      short: "Out-of-range values",
      long: `Unexpectedly small value: ${range.min}.`,
    });
    domain.min = range.min;
  }
  if (domain.max !== undefined && domain.max < range.max) {
    found.push({
      type: "INT_TYPE_BIG_INT",
      short: "Out-of-range values",
      long: `Unexpectedly large value: ${range.max}.`,
    });
    domain.max = range.max;
  }
  return found;
}

/** Widens a float domain to the data. */
export function widenFloatDomain(feature: Mutable<Feature>, view: FeatureView): Description[] {
  const domain = feature.float_domain!;
  const found: Description[] = [];
  const invalid = (type: Description["type"], long: string) => found.push({ type, short: "Invalid values", long });
  if (view.numbers && domain.disallow_nan && hasNan(view.numbers)) {
    invalid("FLOAT_TYPE_HAS_NAN", "Float feature has NaN values.");
    domain.disallow_nan = false;
  }
  if (view.numbers && domain.disallow_inf && hasInfinity(view.numbers)) {
    invalid("FLOAT_TYPE_HAS_INF", "Float feature has Inf values.");
    domain.disallow_inf = false;
  }
  const range = floatRange(view);
  if (!range) return found;
  if ("text" in range) {
    clearDomain(feature);
    invalid("FLOAT_TYPE_STRING_NOT_FLOAT", `String values that were not floats were found, such as "${range.text}".`);
    return found;
  }
  const outside = (type: Description["type"], long: string) => {
    found.push({ type, short: "Out-of-range values", long: `${long}(upto six significant digits)` });
  };
  if (domain.min !== undefined && range.min < domain.min) {
    outside("FLOAT_TYPE_SMALL_FLOAT", `Unexpectedly low values: ${sixDigits(range.min)}<${sixDigits(domain.min)}`);
    domain.min = range.min;
  }
  if (domain.max !== undefined && range.max > domain.max) {
    outside("FLOAT_TYPE_BIG_FLOAT", `Unexpectedly high value: ${sixDigits(range.max)}>${sixDigits(domain.max)}`);
    domain.max = range.max;
  }
  return found;
}

function floatRange(view: FeatureView): { min: number; max: number } | { text: string } | undefined {
  if (view.type === "INT") return undefined;
  // A float domain is float32, so the data is compared as float32.
  if (view.numbers) return { min: Math.fround(view.numbers.min ?? 0), max: Math.fround(view.numbers.max ?? 0) };
  const values = [...view.stringValues.keys()];
  const text = values.find((value) => value.trim() === "" || Number.isNaN(Number(value)));
  if (text !== undefined) return { text };
  if (values.length === 0) return undefined;
  const numbers = values.map((value) => Math.fround(Number(value)));
  return {
    min: numbers.reduce((least, number) => Math.min(least, number)),
    max: numbers.reduce((greatest, number) => Math.max(greatest, number)),
  };
}

function hasNan(numbers: NumericStatistics): boolean {
  return numbers.histograms?.some(({ num_nan = 0 }) => num_nan > 0) ?? false;
}

function hasInfinity({ min = 0, max = 0 }: NumericStatistics): boolean {
  return min === -Infinity || max === Infinity;
}

/** Gives up a boolean domain when the data holds something else. */
export function repairBoolDomain(feature: Mutable<Feature>, view: FeatureView): Description[] {
  if (view.type === "INT" && view.numbers) return repairBoolOfIntegers(feature, view.numbers);
  if (view.type === "FLOAT" && view.numbers) return repairBoolOfFloats(feature, view.numbers);
  return repairBoolOfStrings(feature, view);
}

const NOT_BOOLEAN = "Non-boolean values";

function repairBoolOfIntegers(feature: Mutable<Feature>, { min = 0, max = 0 }: NumericStatistics): Description[] {
  const type = min < 0 ? "BOOL_TYPE_SMALL_INT" : max > 1 ? "BOOL_TYPE_BIG_INT" : undefined;
  if (!type) return [];
  clearDomain(feature);
  feature.int_domain = { min, max };
  const long = `Integers (such as ${sixDigits(min < 0 ? min : max)}) not in {0, 1}: converting to an integer.`;
  return [{ type, short: NOT_BOOLEAN, long }];
}

function repairBoolOfFloats(feature: Mutable<Feature>, numbers: NumericStatistics): Description[] {
  const what = unexpectedFloats(numbers);
  if (!what) return [];
  clearDomain(feature);
  feature.float_domain = { min: numbers.min ?? 0, max: numbers.max ?? 0 };
  return [{ type: "BOOL_TYPE_UNEXPECTED_FLOAT", short: NOT_BOOLEAN, long: `${what}: converting to float_domain.` }];
}

function unexpectedFloats(numbers: NumericStatistics): string | undefined {
  const { min = 0, max = 0, histograms = [] } = numbers;
  for (const bound of [min, max])
    if (bound !== 0 && bound !== 1) return `Floats (such as ${sixDigits(bound)}) not in {0, 1}`;
  if (hasNan(numbers)) return "Floats (such as NaN) not in {0, 1}";
  const between = histograms
    .flatMap(({ buckets }) => buckets)
    .some(({ low_value = 0, high_value = 0, sample_count = 0 }) => sample_count > 0 && low_value > 0 && high_value < 1);
  return between ? "Float values falling between 0 and 1" : undefined;
}

function repairBoolOfStrings(feature: Mutable<Feature>, view: FeatureView): Description[] {
  const valid = boolDomainValues(feature.bool_domain!);
  const unexpected = [...view.stringValues.keys()].find((value) => !valid.includes(value));
  if (unexpected === undefined) return [];
  clearDomain(feature);
  const expected = valid.length === 0 ? "{}" : `{"${valid.join('", "')}"}`;
  const long = `Saw unexpected value "${unexpected}" instead of ${expected}.`;
  return [{ type: "BOOL_TYPE_UNEXPECTED_STRING", short: NOT_BOOLEAN, long }];
}

function boolDomainValues({ true_value, false_value }: BoolDomain): string[] {
  return [true_value, false_value].filter((value) => value !== undefined).sort();
}
