import { defineCommand } from "../../command.ts";
import { exportPools } from "../../pools.ts";

export const command = defineCommand({
  summary: "Export all pools to a JSON file",
  positionals: [{ name: "file", help: "The file to write, - for standard output" }],
  async run({ console, args }) {
    await exportPools(console, args.file, (count) => `Exported ${count} pools to ${args.file}`);
  },
});
