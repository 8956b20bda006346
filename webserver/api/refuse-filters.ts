import { ApiError } from "./api-error.ts";
import type { Query } from "./call.ts";

/**
 * Refuses filters that Airflow has and Daisy does not, because an answer that ignored one would be wrong. What Airflow
 * does not have either is ignored, as FastAPI does.
 * @throws {ApiError} 400 when the query has one of the names
 */
export function refuseFilters(query: Query, names: readonly string[]): void {
  const given = names.find((name) => query[name] !== undefined);
  if (given !== undefined) throw new ApiError(400, `The filter '${given}' is not supported by Daisy`);
}

/** Airflow's filters by the beginning of texts, for whose names there are patterns too. */
export function prefixPatterns(...names: string[]): string[] {
  return names.map((name) => `${name}_prefix_pattern`);
}
