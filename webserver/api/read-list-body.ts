import { invalid } from "./api-error.ts";
import type { Call, Query } from "./call.ts";
import { ALL } from "./find-or-404.ts";
import { readBody } from "./read-body.ts";

/** Airflow's page when the body says nothing. */
const DEFAULT_LIMIT = "100";

/**
 * The body of a batch `…/list` request in the words of the query of the plain list.
 * @param lists the fields that hold lists, and what the query calls them
 * @param singles those that hold one value, which the query calls the same
 */
export function readListBody(
  { body: value, params }: Call,
  lists: Readonly<Record<string, string>>,
  singles: readonly string[],
): Query {
  for (const [name, id] of Object.entries(params)) {
    if (id !== ALL) throw invalid(["path", name], "literal_error", "Input should be '~'", id);
  }
  const body = readBody(value, [...Object.keys(lists), ...singles, "order_by", "page_limit", "page_offset"]);
  const query: Record<string, string | string[]> = { limit: DEFAULT_LIMIT };
  for (const [name, meant] of Object.entries({ ...lists, page_limit: "limit", page_offset: "offset" })) {
    const given = body[name] ?? undefined;
    if (given !== undefined)
      query[meant] = Array.isArray(given) ? given.map((one) => text(one, name)) : text(given, name);
  }
  for (const name of [...singles, "order_by"]) {
    const given = body[name] ?? undefined;
    if (given !== undefined) query[name] = text(given, name);
  }
  return query;
}

function text(value: unknown, name: string): string {
  if (typeof value === "string" || typeof value === "number") return String(value);
  // A task instance without a state.
  if (value === null && name === "state") return "none";
  throw invalid(["body", name], "string_type", "Input should be a valid string", value);
}
