import { countPastRows, type Deletion, deletePastRows } from "#core/database/clean.ts";
import { type Database, transaction } from "#core/database/connect.ts";
import { recordEvent } from "#core/database/record-event.ts";
import { isoDate } from "#sdk/iso-date.ts";
import { chooseTables, TABLES_FLAG } from "../../clean-tables.ts";
import { defineCommand } from "../../command.ts";
import type { Console } from "../../console.ts";
import { parseDate } from "../../dates.ts";
import { UsageError } from "../../parse-arguments.ts";
import { withDatabase } from "../../services.ts";

export const command = defineCommand({
  summary: "Purge old records in metastore tables",
  flags: {
    "clean-before-timestamp": {
      required: true,
      value: "TIMESTAMP",
      help: "The date or timestamp before which data should be purged; UTC when it names no zone",
    },
    tables: TABLES_FLAG,
    "batch-size": { type: "number", help: "Most rows deleted in one transaction; default: all of a table" },
    "dry-run": { type: "boolean", help: "Only count what would be deleted" },
    "skip-archive": { type: "boolean", help: "Do not keep what is deleted in archive tables" },
    yes: { short: "-y", type: "boolean", help: "Do not prompt to confirm" },
  },
  async run({ console, flags }) {
    const before = parseDate(flags["clean-before-timestamp"]!);
    const batchSize = readBatchSize(flags["batch-size"]);
    const { tables, notes } = chooseTables(flags.tables);
    for (const note of notes) console.note(note);
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
      for (const table of tables) await cleanTable(console, db, { table, before, archive, limit: batchSize });
      await recordEvent(db, { event: "cli_db_clean", extra: { before: isoDate(before), tables } });
    });
  },
});

function readBatchSize(size: number | undefined): number | undefined {
  if (size !== undefined && !(Number.isInteger(size) && size > 0)) {
    throw new UsageError(`argument --batch-size: expected a whole number above 0, got ${size}`);
  }
  return size;
}

/** Deletes in batches, each a transaction, so that nobody waits for long behind the rows of a large table. */
async function cleanTable(console: Console, db: Database, deletion: Deletion): Promise<void> {
  let deleted = 0;
  for (;;) {
    const some = await transaction(db, (tx) => deletePastRows(tx, deletion));
    deleted += some;
    if (deletion.limit === undefined || some < deletion.limit) break;
  }
  console.print(`${deletion.table}: deleted ${deleted} rows`);
}
