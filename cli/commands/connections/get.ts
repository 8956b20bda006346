import { findConnection } from "#core/database/connections.ts";
import { DaisyError } from "#core/errors.ts";
import { lookUpConnection } from "#core/secrets/lookup.ts";
import { defineCommand } from "../../command.ts";
import { connectionCells } from "../../connections.ts";
import { OUTPUT_FLAG, printRows } from "../../output.ts";
import { withSecrets } from "../../with-secrets.ts";

export const command = defineCommand({
  summary: "Get a connection, in the clear",
  positionals: [{ name: "conn_id", help: "Connection id" }],
  flags: { output: OUTPUT_FLAG },
  async run({ console, args, flags }) {
    const found = await withSecrets(async (db, box) => {
      const connection = await lookUpConnection(db, box, args.conn_id);
      if (connection === null) throw new DaisyError("CONNECTION_NOT_FOUND");
      const row = await findConnection(db, args.conn_id);
      return {
        ...connection,
        isEncrypted: row?.is_encrypted ?? false,
        isExtraEncrypted: row?.is_extra_encrypted ?? false,
      };
    });
    printRows(console, [connectionCells(found)], flags.output);
  },
});
