import { DaisyError } from "#core/errors.ts";
import { defineCommand } from "../../command.ts";
import { removeConnection } from "../../connections.ts";

export const command = defineCommand({
  summary: "Delete a connection",
  positionals: [{ name: "conn_id", help: "Connection id" }],
  async run({ console, args }) {
    if (!(await removeConnection(args.conn_id))) throw new DaisyError("CONNECTION_TO_DELETE_NOT_FOUND", args.conn_id);
    console.print(`Successfully deleted connection with \`conn_id\`=${args.conn_id}`);
  },
});
