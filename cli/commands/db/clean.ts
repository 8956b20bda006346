import { CLEANABLE_TABLES, type CleanableTable, countPastRows, deletePastRows } from "#core/database/clean.ts";
import { transaction } from "#core/database/connect.ts";
import { recordEvent } from "#core/database/record-event.ts";
import { DaisyError } from "#core/errors.ts";
import { isoDate } from "#sdk/iso-date.ts";
import { defineCommand } from "../../command.ts";
import { parseDate } from "../../dates.ts";
import { withDatabase } from "../../services.ts";

export const command = defineCommand({
  summary: "Purge old records in metastore tables",
  flags: {
    "clean-before-timestamp": {
      required: true,
      value: "TIMESTAMP",
      help: "The date or timestamp before which data should be purged; UTC when it names no zone",
    },
    tables: {
      short: "-t",
      help: `Tables to clean, separated by commas, of ${CLEANABLE_TABLES.join(", ")}; default: all`,
    },
    "dry-run": { type: "boolean", help: "Only count what would be deleted" },
    "skip-archive": { type: "boolean", help: "Do not keep what is deleted in archive tables" },
    yes: { short: "-y", type: "boolean", help: "Do not prompt to confirm" },
  },
  async run({ console, flags }) {
    const before = parseDate(flags["clean-before-timestamp"]!);
    const tables = readTables(flags.tables);
    const list = `[${tables.map((table) => `'${table}'`).join(", ")}]`;
    await withDatabase(async (db) => {
      if (flags["dry-run"]) {
        console.print("Performing dry run for db cleanup.");
        console.print(`Data prior to ${isoDate(before)} would be purged from tables: ${list}`);
        for (const table of tables) {
          console.print(`${table}: found ${await countPastRows(db, table, before)} rows meeting deletion criteria.`);
        }
        return;
      }
      const warning =
        `You have requested that we purge all data prior to ${isoDate(before)} from tables ${list}. This is irreversible. ` +
        "Consider backing up the tables first and / or doing a dry run with option --dry-run. Proceed? (y/n)";
      if (!flags.yes && !(await console.confirm(warning))) {
        console.print("Cancelled");
        return;
      }
      const archive = flags["skip-archive"] ? null : new Date().toISOString().replace(/\D/g, "").slice(0, 14);
      for (const table of tables) {
        const deleted = await transaction(db, (tx) => deletePastRows(tx, table, before, archive));
        console.print(`${table}: deleted ${deleted} rows`);
      }
      await recordEvent(db, { event: "cli_db_clean", extra: { before: isoDate(before), tables } });
    });
  },
});

function readTables(names: string | undefined): CleanableTable[] {
  if (names === undefined) return CLEANABLE_TABLES;
  const wanted = names.split(",").map((name) => name.trim());
  const unknown = wanted.find((name) => !CLEANABLE_TABLES.includes(name as CleanableTable));
  if (unknown !== undefined) throw new DaisyError("TABLE_NOT_CLEANABLE", unknown, CLEANABLE_TABLES.join(", "));
  return CLEANABLE_TABLES.filter((table) => wanted.includes(table));
}
