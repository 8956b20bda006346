import { BOUNDS, type Bound, type Range } from "#core/database/ranges.ts";
import { invalid } from "./api-error.ts";
import type { Query } from "./call.ts";
import { readInstant, readString } from "./read-query.ts";

/** The bounds that a query sets: `start_date_gte`, `duration_lt`, … Durations are seconds, all else are dates. */
export function readRanges<Name extends string>(query: Query, columns: Readonly<Record<Name, string>>): Range<Name>[] {
  const ranges: Range<Name>[] = [];
  for (const name of Object.keys(columns) as Name[]) {
    for (const bound of Object.keys(BOUNDS) as Bound[]) {
      const parameter = `${name}_${bound}`;
      const value = name === "duration" ? readNumber(query, parameter) : readInstant(query, parameter);
      if (value !== undefined) ranges.push({ name, bound, value });
    }
  }
  return ranges;
}

function readNumber(query: Query, name: string): number | undefined {
  const text = readString(query, name);
  if (text === undefined) return undefined;
  if (/^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text)) return Number(text);
  throw invalid(["query", name], "float_parsing", "Input should be a valid number, unable to parse string", text);
}
