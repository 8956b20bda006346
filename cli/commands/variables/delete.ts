import { defineCommand } from "../../command.ts";
import { removeVariable } from "../../variables.ts";

export const command = defineCommand({
  summary: "Delete a variable",
  positionals: [{ name: "key", help: "Variable key" }],
  async run({ console, args }) {
    await removeVariable(args.key);
    console.print(`Variable ${args.key} deleted`);
  },
});
