import type { VariableRow } from "#core/database/variables.ts";
import { maskVariable } from "#core/secrets/mask-secrets.ts";
import { openVariable } from "#core/secrets/sealed-rows.ts";
import type { SecretBox } from "#core/secrets/secret-box.ts";
import type { VariableAnswer } from "../../protocol.ts";
import { orNull } from "./or-null.ts";

/** A variable as the API shows it. One that cannot be decrypted does not keep the others from being shown. */
export function showVariable(box: SecretBox, row: VariableRow): VariableAnswer {
  return {
    key: row.key,
    value: orNull(() => maskVariable(row.key, openVariable(box, row))),
    description: row.description,
    is_encrypted: row.is_encrypted,
    team_name: null,
  };
}
