import type { Pool } from "#core/database/pools.ts";
import { defineCommand } from "../command.ts";
import { fancyGrid } from "../fancy-grid.ts";
import { UsageError } from "../parse-arguments.ts";
import { allPools, exportPools, importPools, readPool, removePool, requirePool, setPool } from "../pools.ts";

const HEAD = ["Pool", "Slots", "Description"];

export const command = defineCommand({
  summary: "List, get, set, delete, import or export pools; `airflow pools` does the same",
  positionals: [
    { name: "slots", help: "The slots, after -s NAME; -1 for no limit", optional: true },
    { name: "description", help: "The description, after -s NAME SLOTS", optional: true },
  ],
  flags: {
    set: { short: "-s", value: "NAME SLOTS POOL_DESCRIPTION", help: "Set pool slot count and description" },
    get: { short: "-g", value: "NAME", help: "Get pool info" },
    delete: { short: "-x", value: "NAME", help: "Delete a pool" },
    import: { short: "-i", value: "FILEPATH", help: "Import pools from a JSON file" },
    export: { short: "-e", value: "FILEPATH", help: "Export pools to a JSON file" },
  },
  async run({ console, args, flags }) {
    if (flags.set === undefined && args.slots !== undefined) {
      throw new UsageError(`unrecognized arguments: ${args.slots}`);
    }
    if (flags.set !== undefined && args.description === undefined) {
      throw new UsageError("argument -s/--set: expected 3 arguments");
    }
    const pools = await act();
    const rows = pools.map(({ name, slots, description }) => [name, String(slots), description ?? ""]);
    console.print(`\n${fancyGrid(HEAD, rows)}`);

    /** Does what is asked for, and returns the pools to show: those concerned, or all. */
    async function act(): Promise<Pool[]> {
      if (flags.get !== undefined) return [await requirePool(flags.get)];
      if (flags.set !== undefined) {
        const pool = readPool(flags.set, args.slots, args.description);
        await setPool(pool);
        return [pool];
      }
      if (flags.delete !== undefined) return [await removePool(flags.delete)];
      if (flags.import !== undefined) {
        const imported = await importPools(flags.import, "Missing pools file.");
        console.print(`${imported.length} of ${imported.length} pool(s) successfully updated.`);
        return imported;
      }
      if (flags.export === undefined) return allPools();
      const file = flags.export;
      return exportPools(console, file, (count) => `${count} pools successfully exported to ${file}`);
    }
  },
});
