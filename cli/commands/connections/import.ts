import { defineCommand } from "../../command.ts";
import { importConnections } from "../../connections.ts";

export const command = defineCommand({
  summary: "Import connections from a .json, .yaml or .env file",
  positionals: [{ name: "file", help: "The file with the connections" }],
  flags: { overwrite: { type: "boolean", help: "Replace connections that are there already" } },
  run: ({ console, args, flags }) => importConnections(console, args.file, flags.overwrite),
});
