import { defineCommand } from "../../command.ts";
import { EXCHANGE_FORMATS, exportConnections } from "../../connections.ts";

export const command = defineCommand({
  summary: "Export all connections to a file, in the clear",
  positionals: [{ name: "file", help: "The file to write, - for standard output" }],
  flags: {
    file_format: { aliases: ["format"], choices: EXCHANGE_FORMATS, help: "File format (that of the file's extension)" },
    serialization_format: { choices: ["uri", "json"], help: "How a .env file holds a connection (uri)" },
  },
  run: ({ console, args, flags }) =>
    exportConnections(console, args.file, { format: flags.file_format, lines: flags.serialization_format }),
});
