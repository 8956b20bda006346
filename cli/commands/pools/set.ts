import { defineCommand } from "../../command.ts";
import { UsageError } from "../../parse-arguments.ts";
import { readPool, setPool } from "../../pools.ts";

export const command = defineCommand({
  summary: "Configure a pool",
  positionals: [
    { name: "pool", help: "Pool name" },
    { name: "slots", help: "Pool slots; -1 for no limit" },
    { name: "description", help: "Pool description", optional: true },
  ],
  flags: {
    include_deferred: { type: "boolean", help: "Count deferred tasks as holding slots" },
  },
  async run({ console, args, flags }) {
    if (!/^[+-]?\d+$/.test(args.slots)) throw new UsageError(`argument slots: invalid int value: '${args.slots}'`);
    await setPool(readPool(args.pool, args.slots, args.description, flags.include_deferred));
    console.print(`Pool ${args.pool} created`);
  },
});
