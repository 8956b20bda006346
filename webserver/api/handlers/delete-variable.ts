import { recordEvent } from "#core/database/record-event.ts";
import { deleteVariable } from "#core/database/variables.ts";
import type { Handler } from "../call.ts";
import { variableOf } from "../find-or-404.ts";

export const deleteVariableHandler: Handler = async (call): Promise<void> => {
  const { key } = await variableOf(call);
  await deleteVariable(call.server.db, key);
  await recordEvent(call.server.db, { event: "delete_variable", extra: { key } });
  call.response.status(204).end();
};
