import { invalid } from "./api-error.ts";
import type { Query } from "./call.ts";
import { readStrings } from "./read-query.ts";

type Body = Readonly<Record<string, unknown>>;

export interface TextRules {
  readonly maxLength?: number;
  readonly pattern?: RegExp;
}

/** A field that has to be a text that is not empty; 422 otherwise. */
export function readRequiredText(body: Body, name: string, rules: TextRules = {}): string {
  if (!Object.hasOwn(body, name)) throw invalid(["body", name], "missing", "Field required", body);
  const text = checkText(body[name], name, rules);
  if (text === "") {
    throw invalid(["body", name], "string_too_short", "String should have at least 1 character", text);
  }
  return text;
}

/** A field that is a text, null or absent (which is the same); 422 otherwise. */
export function readText(body: Body, name: string, rules: TextRules = {}): string | null {
  const value = body[name] ?? null;
  return value === null ? null : checkText(value, name, rules);
}

function checkText(value: unknown, name: string, { maxLength, pattern }: TextRules): string {
  const loc = ["body", name];
  if (typeof value !== "string") throw invalid(loc, "string_type", "Input should be a valid string", value);
  // PostgreSQL takes no NUL.
  if (value.includes("\0")) throw invalid(loc, "value_error", "Input should not contain NUL", value);
  if (maxLength !== undefined && value.length > maxLength) {
    throw invalid(loc, "string_too_long", `String should have at most ${maxLength} characters`, value);
  }
  if (pattern !== undefined && !pattern.test(value)) {
    throw invalid(loc, "string_pattern_mismatch", `String should match pattern '${pattern.source}'`, value);
  }
  return value;
}

/** A field that is a whole number between two others; undefined when it is null or absent; 422 otherwise. */
export function readWholeNumber(body: Body, name: string, min: number, max: number): number | undefined {
  const value = body[name] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value !== "number" || !Number.isInteger(value)) {
    throw invalid(["body", name], "int_type", "Input should be a valid integer", value);
  }
  if (value < min) {
    throw invalid(["body", name], "greater_than_equal", `Input should be greater than or equal to ${min}`, value);
  }
  if (value > max) {
    throw invalid(["body", name], "less_than_equal", `Input should be less than or equal to ${max}`, value);
  }
  return value;
}

/** A field that is true or false; undefined when it is null or absent; 422 otherwise. */
export function readFlag(body: Body, name: string): boolean | undefined {
  const value = body[name] ?? undefined;
  if (value === undefined || typeof value === "boolean") return value;
  throw invalid(["body", name], "bool_type", "Input should be a valid boolean", value);
}

/** The fields that a PATCH changes: those named by `update_mask`, or else those that the body holds. */
export function fieldsToPatch(body: Body, query: Query): ReadonlySet<string> {
  const mask = readStrings(query, "update_mask");
  return new Set(mask.length > 0 ? mask : Object.keys(body));
}
