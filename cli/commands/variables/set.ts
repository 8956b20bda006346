import { defineCommand } from "../../command.ts";
import { setVariable } from "../../variables.ts";

export const command = defineCommand({
  summary: "Set a variable",
  positionals: [
    { name: "key", help: "Variable key" },
    { name: "value", help: "Variable value" },
  ],
  flags: {
    json: { short: "-j", type: "boolean", help: "Serialize the value as a JSON text" },
    description: { help: "Variable description" },
  },
  async run({ console, args, flags }) {
    await setVariable(args.key, flags.json ? JSON.stringify(args.value) : args.value, flags.description);
    console.print(`Variable ${args.key} created`);
  },
});
