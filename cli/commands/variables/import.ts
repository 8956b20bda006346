import { defineCommand } from "../../command.ts";
import { ACTIONS_ON_EXISTING, importVariables } from "../../variables.ts";

export const command = defineCommand({
  summary: "Import variables from a JSON file",
  positionals: [{ name: "file", help: "A JSON file with the variables" }],
  flags: {
    action_on_existing_key: {
      short: "-a",
      choices: ACTIONS_ON_EXISTING,
      help: "What to do when a variable is there already (overwrite)",
    },
  },
  run: ({ console, args, flags }) => importVariables(console, args.file, flags.action_on_existing_key),
});
