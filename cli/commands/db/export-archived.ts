import { createWriteStream } from "node:fs";
import path from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { dropArchives, readArchive } from "#core/database/clean.ts";
import { type Database, transaction } from "#core/database/connect.ts";
import { DaisyError } from "#core/errors.ts";
import { chooseArchives, dropQuestion, TABLES_FLAG } from "../../clean-tables.ts";
import { defineCommand } from "../../command.ts";
import { withDatabase } from "../../services.ts";

export const command = defineCommand({
  summary: "Export archived data from the archive tables",
  flags: {
    "export-format": { choices: ["csv"], help: "The file format to export the cleaned data (csv)" },
    "output-path": { required: true, value: "DIRPATH", help: "The path to the output directory, which must exist" },
    "drop-archives": { type: "boolean", help: "Drop the archive tables after exporting" },
    tables: TABLES_FLAG,
    yes: { short: "-y", type: "boolean", help: "Do not prompt to confirm" },
  },
  run: ({ console, flags }) =>
    withDatabase(async (db) => {
      const names = await chooseArchives(console, db, flags.tables);
      const drop = flags["drop-archives"] && names.length > 0;
      if (drop && !flags.yes && !(await console.confirm(dropQuestion(names)))) {
        console.print("Cancelled");
        return;
      }
      for (const name of names) await exportArchive(db, name, path.join(flags["output-path"]!, `${name}.csv`));
      if (drop) await transaction(db, (tx) => dropArchives(tx, names));
      console.print(`Total exported tables: ${names.length}, Total dropped tables: ${drop ? names.length : 0}`);
    }),
});

/** Only its owner can read the file: XComs and logs may hold anything. */
async function exportArchive(db: Database, name: string, file: string): Promise<void> {
  try {
    await transaction(db, (tx) =>
      pipeline(Readable.from(lines(readArchive(tx, name))), createWriteStream(file, { mode: 0o600 })),
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw new DaisyError("IMPORT_FILE", `${file} cannot be written: ${(error as Error).message}`);
  }
}

async function* lines(rows: AsyncIterable<(string | null)[]>): AsyncGenerator<string> {
  for await (const row of rows) yield `${row.map(cell).join(",")}\r\n`;
}

/** As Python's `csv` writes it: quoted where it must be, null as nothing. */
function cell(value: string | null): string {
  if (value === null) return "";
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
