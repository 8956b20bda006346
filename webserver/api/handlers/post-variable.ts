import { recordEvent } from "#core/database/record-event.ts";
import { insertVariable } from "#core/database/variables.ts";
import { sealVariable } from "#core/secrets/sealed-rows.ts";
import type { VariableAnswer } from "../../protocol.ts";
import { ApiError } from "../api-error.ts";
import { boxOf } from "../box-of.ts";
import type { Handler } from "../call.ts";
import { readVariable } from "../read-variable.ts";
import { showVariable } from "../show/show-variable.ts";

/** Adds a variable. */
export const postVariable: Handler = async (call): Promise<VariableAnswer> => {
  const { db } = call.server;
  const box = boxOf(call);
  const row = sealVariable(box, readVariable(call.body));
  if (!(await insertVariable(db, row))) {
    throw new ApiError(409, `The Variable with key: \`${row.key}\` already exists`);
  }
  await recordEvent(db, { event: "post_variable", extra: { key: row.key } });
  call.response.status(201);
  return showVariable(box, row);
};
