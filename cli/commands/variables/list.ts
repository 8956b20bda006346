import { defineCommand } from "../../command.ts";
import { OUTPUT_FLAG, printRows } from "../../output.ts";
import { variableKeys } from "../../variables.ts";

export const command = defineCommand({
  summary: "List the keys of the variables",
  flags: { output: OUTPUT_FLAG },
  async run({ console, flags }) {
    const rows = (await variableKeys()).map((key) => ({ key }));
    printRows(console, rows, flags.output);
  },
});
