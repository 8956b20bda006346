import { recordEvent } from "#core/database/record-event.ts";
import { storeVariable } from "#core/database/variables.ts";
import { maskVariable, restoreMaskedText, restoreMaskedUrls } from "#core/secrets/mask-secrets.ts";
import { openVariable, sealVariable } from "#core/secrets/sealed-rows.ts";
import { isPlainObject } from "#sdk/json.ts";
import type { VariableAnswer } from "../../protocol.ts";
import { ApiError } from "../api-error.ts";
import { boxOf } from "../box-of.ts";
import type { Handler } from "../call.ts";
import { variableOf } from "../find-or-404.ts";
import { fieldsToPatch } from "../read-fields.ts";
import { readVariable } from "../read-variable.ts";
import { showVariable } from "../show/show-variable.ts";

/** Changes a variable's value, its description, or both; a value that comes back masked stays what it was. */
export const patchVariable: Handler = async (call): Promise<VariableAnswer> => {
  const { db } = call.server;
  const row = await variableOf(call);
  const { key } = row;
  const next = readVariable(isPlainObject(call.body) ? { key, value: "", ...call.body } : call.body);
  if (next.key !== key) throw new ApiError(400, "Invalid body, key from request body doesn't match uri parameter");
  const fields = fieldsToPatch(call.body as Record<string, unknown>, call.query);
  const box = boxOf(call);
  const described = next.description && restoreMaskedUrls(next.description, row.description ?? "");
  const description = fields.has("description") ? described : row.description;
  const patched = fields.has("value")
    ? sealVariable(box, { key, value: unlessMasked(key, next.value, () => openVariable(box, row)), description })
    : { ...row, description };
  await storeVariable(db, patched);
  await recordEvent(db, { event: "patch_variable", extra: { key, fields: [...fields] } });
  return showVariable(box, patched);
};

/** Reads the earlier value only where it matters, so that one that cannot be decrypted can be replaced. */
function unlessMasked(key: string, next: string, previous: () => string): string {
  return next.includes("***") ? restoreMaskedText(next, previous(), (text) => maskVariable(key, text)) : next;
}
