import { defineCommand } from "../../command.ts";
import { removePool } from "../../pools.ts";

export const command = defineCommand({
  summary: "Delete a pool",
  positionals: [{ name: "pool", help: "Pool name" }],
  async run({ console, args }) {
    await removePool(args.pool);
    console.print(`Pool ${args.pool} deleted`);
  },
});
