import { listVariables, VARIABLE_ORDER } from "#core/database/variables.ts";
import type { Page, VariableAnswer } from "../../protocol.ts";
import { boxOf } from "../box-of.ts";
import type { Handler } from "../call.ts";
import { readPage, readString } from "../read-query.ts";
import { prefixPatterns, refuseFilters } from "../refuse-filters.ts";
import { showVariable } from "../show/show-variable.ts";

const REFUSED = prefixPatterns("variable_key");

export const listVariablesHandler: Handler = async (call): Promise<Page<"variables", VariableAnswer>> => {
  const { server, query } = call;
  refuseFilters(query, REFUSED);
  const { rows, total } = await listVariables(
    server.db,
    { keyPattern: readString(query, "variable_key_pattern") },
    readPage(query, VARIABLE_ORDER, "key"),
  );
  const box = boxOf(call);
  return { variables: rows.map((row) => showVariable(box, row)), total_entries: total };
};
