import type { Pool } from "#core/database/pools.ts";
import { readBody } from "./read-body.ts";
import { readFlag, readRequiredText, readText, readWholeNumber } from "./read-fields.ts";

/** The fields of a pool in a request's body; 422 when one is wrong. */
export function readPool(input: unknown): Partial<Pool> {
  const body = readBody(input, ["name", "slots", "description", "include_deferred", "team_name"]);
  const slots = readWholeNumber(body, "slots", -1, 2 ** 31 - 1);
  const includeDeferred = readFlag(body, "include_deferred");
  return {
    ...(body.name !== undefined && { name: readRequiredText(body, "name", { maxLength: 256 }) }),
    ...(slots !== undefined && { slots }),
    ...(body.description !== undefined && { description: readText(body, "description") }),
    ...(includeDeferred !== undefined && { include_deferred: includeDeferred }),
  };
}
