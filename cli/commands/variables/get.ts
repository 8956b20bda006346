import { defineCommand } from "../../command.ts";
import { printVariable } from "../../variables.ts";

export const command = defineCommand({
  summary: "Get the value of a variable, in the clear",
  positionals: [{ name: "key", help: "Variable key" }],
  flags: {
    json: { short: "-j", type: "boolean", help: "Deserialize a JSON variable" },
    default: { short: "-d", value: "VAL", help: "Default value returned if the variable does not exist" },
  },
  run: ({ console, args, flags }) =>
    printVariable(console, args.key, { json: flags.json, defaultValue: flags.default }),
});
