import { defineCommand } from "../../command.ts";
import { migrateDatabase } from "../../database-actions.ts";

export const command = defineCommand({
  summary: "Migrate the metadata database to the latest version",
  run: ({ console }) => migrateDatabase(console, "Database migrating done!"),
});
