import type { SqlConditions } from "./sql-conditions.ts";

/** How a value may be bounded, with Airflow's endings of filters: `start_date_gte`. */
export const BOUNDS = { gte: ">=", gt: ">", lte: "<=", lt: "<" } as const;
export type Bound = keyof typeof BOUNDS;

/** What a filter says of one value. */
export interface Range<Name extends string = string> {
  readonly name: Name;
  readonly bound: Bound;
  /** Durations are seconds. */
  readonly value: Date | number;
}

/** @param columns expressions by the names of the ranges */
export function addRanges<Name extends string>(
  where: SqlConditions,
  columns: Readonly<Record<Name, string>>,
  ranges: readonly Range<Name>[] = [],
): void {
  for (const { name, bound, value } of ranges) where.add(`${columns[name]} ${BOUNDS[bound]} ?`, value);
}
