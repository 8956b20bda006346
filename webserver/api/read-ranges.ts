import { BOUNDS, type Bound, type Range } from "#core/database/ranges.ts";
import { invalid } from "./api-error.ts";
import type { Query } from "./call.ts";
import { readInstant, readString } from "./read-query.ts";

/** The names of the parameters that bound something: `start_date_gte`, `start_date_gt`, … */
export function rangeParameters(names: readonly string[]): string[] {
  return rangesOf(names).map(({ parameter }) => parameter);
}

/** The bounds that a query sets: `start_date_gte`, `duration_lt`, … Durations are seconds, all else are dates. */
export function readRanges<Name extends string>(query: Query, columns: Readonly<Record<Name, string>>): Range<Name>[] {
  return rangesOf(Object.keys(columns) as Name[]).flatMap(({ name, bound, parameter }) => {
    const value = name === "duration" ? readNumber(query, parameter) : readInstant(query, parameter);
    return value === undefined ? [] : [{ name, bound, value }];
  });
}

function rangesOf<Name extends string>(names: readonly Name[]) {
  const bounds = Object.keys(BOUNDS) as Bound[];
  return names.flatMap((name) => bounds.map((bound) => ({ name, bound, parameter: `${name}_${bound}` })));
}

function readNumber(query: Query, name: string): number | undefined {
  const text = readString(query, name);
  if (text === undefined) return undefined;
  if (/^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text)) return Number(text);
  throw invalid(["query", name], "float_parsing", "Input should be a valid number, unable to parse string", text);
}
