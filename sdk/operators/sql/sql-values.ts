import type { JsonValue } from "../../json.ts";

// What values of a database are as JSON, whichever database it is:
// - whole numbers are numbers as long as a number holds them exactly, and text beyond ±9007199254740991;
// - decimals are text, to the last digit; floats are numbers, and NaN and the infinities text;
// - dates and times are ISO 8601 text, with an offset where the column has one;
// - JSON and lists are what they are, bytes hexadecimal text, and everything else the database's own text.

/** A whole number of any size. */
export function wholeNumber(text: string): JsonValue {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : text;
}

/** A floating-point number. */
export function floatNumber(text: string): JsonValue {
  const number = Number(text);
  return Number.isFinite(number) ? number : text;
}

/** A date with a time, as databases write it: `2024-01-31 12:00:00.5+02`. */
export function isoTimestamp(text: string): JsonValue {
  const match = /^(\d{4,}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)(?:([+-]\d\d)(?::?(\d\d))?)?$/.exec(text);
  if (match === null) return text;
  const [, date, time, hours, minutes = "00"] = match;
  return `${date}T${time}${hours === undefined ? "" : `${hours}:${minutes}`}`;
}
