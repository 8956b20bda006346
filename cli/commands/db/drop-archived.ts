import { dropArchives } from "#core/database/clean.ts";
import { transaction } from "#core/database/connect.ts";
import { chooseArchives, dropQuestion, TABLES_FLAG } from "../../clean-tables.ts";
import { defineCommand } from "../../command.ts";
import { withDatabase } from "../../services.ts";

export const command = defineCommand({
  summary: "Drop archived tables created through the db clean command",
  flags: { tables: TABLES_FLAG, yes: { short: "-y", type: "boolean", help: "Do not prompt to confirm" } },
  run: ({ console, flags }) =>
    withDatabase(async (db) => {
      const names = await chooseArchives(console, db, flags.tables);
      if (names.length > 0 && !flags.yes && !(await console.confirm(dropQuestion(names)))) {
        console.print("Cancelled");
        return;
      }
      await transaction(db, (tx) => dropArchives(tx, names));
      console.print(`Total dropped tables: ${names.length}`);
    }),
});
