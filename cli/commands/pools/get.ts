import { defineCommand } from "../../command.ts";
import { OUTPUT_FLAG, printRows } from "../../output.ts";
import { poolCells, requirePool } from "../../pools.ts";

export const command = defineCommand({
  summary: "Get a pool's size",
  positionals: [{ name: "pool", help: "Pool name" }],
  flags: { output: OUTPUT_FLAG },
  async run({ console, args, flags }) {
    printRows(console, [poolCells(await requirePool(args.pool))], flags.output);
  },
});
