import type { Page } from "#core/database/list-page.ts";
import { ApiError, invalid } from "./api-error.ts";
import type { Query } from "./call.ts";

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 100;
const TRUE = ["true", "1", "t", "yes", "y", "on"];
const FALSE = ["false", "0", "f", "no", "n", "off"];

/** All values of a parameter that may be repeated. */
export function readStrings(query: Query, name: string): string[] {
  const values = [query[name] ?? []].flat();
  const bad = values.find((value) => value.includes("\0"));
  // PostgreSQL takes no NUL.
  if (bad !== undefined) throw invalid(["query", name], "value_error", "Input should not contain NUL", bad);
  return values;
}

/** A parameter's value, the last one when it is repeated. */
export function readString(query: Query, name: string): string | undefined {
  return readStrings(query, name).at(-1);
}

export function readBoolean(query: Query, name: string): boolean | undefined {
  const value = readString(query, name);
  if (value === undefined || value === "") return undefined;
  if (TRUE.includes(value.toLowerCase())) return true;
  if (FALSE.includes(value.toLowerCase())) return false;
  throw invalid(["query", name], "bool_parsing", "Input should be a valid boolean, unable to interpret input", value);
}

/** A whole number of at least `min`. */
export function readInteger(query: Query, name: string, min = 0): number | undefined {
  const value = readString(query, name);
  if (value === undefined) return undefined;
  return parseInteger(value, ["query", name], min);
}

/** Whole numbers of a parameter that may be repeated. */
export function readIntegers(query: Query, name: string, min = 0): number[] {
  return readStrings(query, name).map((value) => parseInteger(value, ["query", name], min));
}

/** Reads a whole number of at least `min` and at most what PostgreSQL's integer holds. */
export function parseInteger(value: string, loc: (string | number)[], min = 0): number {
  if (!/^[+-]?\d{1,15}$/.test(value)) {
    throw invalid(loc, "int_parsing", "Input should be a valid integer, unable to parse string as an integer", value);
  }
  const number = Number(value);
  if (number < min) {
    throw invalid(loc, "greater_than_equal", `Input should be greater than or equal to ${min}`, value);
  }
  if (number > 2 ** 31 - 1) {
    throw invalid(loc, "less_than_equal", `Input should be less than or equal to ${2 ** 31 - 1}`, value);
  }
  return number;
}

/** Each value has to be one of the words. */
export function readWords<W extends string>(query: Query, name: string, words: readonly W[]): W[] {
  return readStrings(query, name).map((value) => {
    if ((words as readonly string[]).includes(value)) return value as W;
    const expected = words.map((word) => `'${word}'`).join(", ");
    throw invalid(["query", name], "enum", `Input should be one of ${expected}`, value);
  });
}

export function readInstant(query: Query, name: string): Date | undefined {
  const value = readString(query, name);
  // A "+" that was not percent-encoded arrives as a space.
  return value === undefined ? undefined : parseInstant(value.replace(" ", "+"), ["query", name]);
}

const INSTANT = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?$/i;

/** Reads an ISO 8601 date or time; one without an offset is in UTC. */
export function parseInstant(value: unknown, loc: (string | number)[]): Date {
  const match = typeof value === "string" ? INSTANT.exec(value) : null;
  if (match && typeof value === "string") {
    const date = new Date(value.length > 10 && match[1] === undefined ? `${value.replace(" ", "T")}Z` : value);
    if (!Number.isNaN(date.getTime())) return date;
  }
  throw invalid(loc, "datetime_from_date_parsing", "Input should be a valid datetime in ISO 8601", value);
}

/** `limit`, `offset` and (repeated) `order_by`. A limit is cut to 100, and 0 means the default of 50, as in Airflow. */
export function readPage<Order extends string>(
  query: Query,
  order: Readonly<Record<Order, string>>,
  defaultOrder: Order | `-${Order}`,
): Page<Order> {
  const orderBy = readStrings(query, "order_by");
  for (const name of orderBy) {
    if (!Object.hasOwn(order, name.replace(/^-/, ""))) {
      throw new ApiError(400, `Ordering with '${name}' is disallowed or the attribute does not exist on the model`);
    }
  }
  return {
    limit: Math.min(readInteger(query, "limit") || DEFAULT_LIMIT, MAX_LIMIT),
    offset: readInteger(query, "offset") ?? 0,
    orderBy: orderBy.length > 0 ? (orderBy as Order[]) : [defaultOrder],
  };
}
