import { recordEvent } from "#core/database/record-event.ts";
import { DaisyError } from "#core/errors.ts";
import { rotateSecrets } from "#core/secrets/rotate.ts";
import { createSecretBox } from "#core/secrets/secret-box.ts";
import { defineCommand } from "../command.ts";
import { withDatabase } from "../services.ts";

export const command = defineCommand({
  summary: "Encrypt all variables and connections anew with the first key of [core] fernet_key",
  async run({ console }) {
    const { variables, connections } = await withDatabase(async (db, { core: { fernet_key: fernetKey } }) => {
      if (fernetKey.trim() === "") throw new DaisyError("FERNET_KEY_MISSING");
      const rotated = await rotateSecrets(db, createSecretBox(fernetKey));
      await recordEvent(db, { event: "cli_rotate_fernet_key", extra: rotated });
      return rotated;
    });
    console.print(`Encrypted ${variables} variable(s) and ${connections} connection(s)`);
  },
});
