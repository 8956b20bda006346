/** A value that JSON carries without loss. */
export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };

/** Names a value for an error message: `a Date`, `the string "x"`. */
export function describeValue(value: unknown): string {
  if (value === null) return "null";
  if (value === undefined) return "undefined";
  if (typeof value === "string") return `the string ${JSON.stringify(value)}`;
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint") {
    return `the ${typeof value} ${String(value)}`;
  }
  if (Array.isArray(value)) return "an array";
  const name = typeof value === "object" ? value.constructor?.name : undefined;
  return name && name !== "Object" ? `a ${name}` : typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** A copy of what JSON can carry, with null in place of undefined at any depth. */
export function copyJson(value: unknown): JsonValue {
  return JSON.parse(JSON.stringify(value ?? null, (_, part: unknown) => part ?? null)) as JsonValue;
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * The first part of `value` that JSON cannot carry, described, or undefined when all of it can be carried.
 * `undefined` can.
 */
export function findNonJson(value: unknown, seen: ReadonlySet<unknown> = new Set()): string | undefined {
  if (value === null || value === undefined || typeof value === "string" || typeof value === "boolean")
    return undefined;
  if (typeof value === "number") {
    return Number.isFinite(value) ? undefined : `the non-finite number ${value}`;
  }
  if (seen.has(value)) return "a reference to itself";
  const inside = new Set(seen).add(value);
  if (Array.isArray(value)) return value.map((item) => findNonJson(item, inside)).find((found) => found !== undefined);
  if (!isPlainObject(value)) return describeValue(value);
  return Object.values(value)
    .map((item) => findNonJson(item, inside))
    .find((found) => found !== undefined);
}
