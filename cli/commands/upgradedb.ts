import { defineCommand } from "../command.ts";
import { migrateDatabase } from "../database-actions.ts";

export const command = defineCommand({
  summary: "Upgrade the metadata database to the latest version",
  run: ({ console }) => migrateDatabase(console, "Done."),
});
