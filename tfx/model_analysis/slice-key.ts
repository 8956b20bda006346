import type { SlicingSpec } from "./eval-config.ts";

/** One feature's value, as it names a slice. */
export type SliceValue = number | bigint | string | Uint8Array;

export interface SingleSliceKey {
  readonly column: string;
  readonly value: SliceValue;
  /** A whole number is int64 or float by the feature it comes from. */
  readonly type: "INT" | "FLOAT" | "BYTES";
}

/** What the examples of a slice have in common, sorted by column; the overall slice has nothing. */
export type SliceKey = readonly SingleSliceKey[];

/** TFMA's text of a slice: `Overall`, `trip_start_hour:5`, `a_X_b:1_X_2`. */
export function sliceName(key: SliceKey): string {
  if (key.length === 0) return "Overall";
  return `${key.map(({ column }) => column).join("_X_")}:${key.map(({ value }) => valueText(value)).join("_X_")}`;
}

export function valueText(value: SliceValue): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString("utf8") : String(value);
}

/** Whether a slice is one of those that a spec asks for. */
export function isSliceOf(key: SliceKey, { featureKeys = [], featureValues = {} }: SlicingSpec): boolean {
  if (key.length !== featureKeys.length + Object.keys(featureValues).length) return false;
  return key.every(({ column, value }) => {
    const wanted = featureValues[column];
    return wanted === undefined ? featureKeys.includes(column) : isValue(value, wanted);
  });
}

/** A value matches the text of a spec as it is, or as the number that the text spells. */
export function isValue(value: SliceValue, wanted: string): boolean {
  if (typeof value === "number" || typeof value === "bigint") {
    return wanted.trim() !== "" && (String(value) === wanted || Number(value) === Number(wanted));
  }
  return valueText(value) === wanted;
}
