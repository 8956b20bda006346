import { listVariables } from "#core/database/console-lists.ts";
import type { Page, VariableAnswer } from "../../protocol.ts";
import type { Handler } from "../call.ts";
import { maskVariable } from "../mask-secrets.ts";

export const listVariablesHandler: Handler = async ({ server }): Promise<Page<"variables", VariableAnswer>> => {
  const variables = await listVariables(server.db);
  return {
    variables: variables.map(({ key, value, description }) => ({
      key,
      value: maskVariable(key, value),
      description,
      is_encrypted: false,
      team_name: null,
    })),
    total_entries: variables.length,
  };
};
