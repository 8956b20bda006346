import { defineCommand } from "../../command.ts";
import { OUTPUT_FLAG, printRows } from "../../output.ts";
import { allPools, poolCells } from "../../pools.ts";

export const command = defineCommand({
  summary: "List the pools",
  flags: { output: OUTPUT_FLAG },
  async run({ console, flags }) {
    printRows(console, (await allPools()).map(poolCells), flags.output);
  },
});
