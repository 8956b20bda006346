import { dropArchives, listArchives } from "#core/database/clean.ts";
import { transaction } from "#core/database/connect.ts";
import { chooseTables, TABLES_FLAG } from "../../clean-tables.ts";
import { defineCommand } from "../../command.ts";
import { withDatabase } from "../../services.ts";

export const command = defineCommand({
  summary: "Drop archived tables created through the db clean command",
  flags: { tables: TABLES_FLAG, yes: { short: "-y", type: "boolean", help: "Do not prompt to confirm" } },
  run: ({ console, flags }) =>
    withDatabase(async (db) => {
      const names = await listArchives(db, flags.tables === undefined ? undefined : chooseTables(flags.tables).tables);
      const question = `You have requested that we drop the following archived tables: ${names.join(", ")}. Proceed? (y/n)`;
      if (names.length > 0 && !flags.yes && !(await console.confirm(question))) {
        console.print("Cancelled");
        return;
      }
      await transaction(db, (tx) => dropArchives(tx, names));
      console.print(`Total dropped tables: ${names.length}`);
    }),
});
