import { defineCommand } from "../../command.ts";
import { exportVariables } from "../../variables.ts";

export const command = defineCommand({
  summary: "Export all variables to a JSON file, in the clear",
  positionals: [{ name: "file", help: "The file to write, - for standard output" }],
  run: ({ console, args }) => exportVariables(console, args.file),
});
