import { defineCommand } from "../../command.ts";
import { importPools } from "../../pools.ts";

export const command = defineCommand({
  summary: "Import pools from a JSON file",
  positionals: [{ name: "file", help: "A JSON file with the pools" }],
  async run({ console, args }) {
    const pools = await importPools(args.file, `Missing pools file ${args.file}`);
    console.print(`Uploaded ${pools.length} pool(s)`);
  },
});
