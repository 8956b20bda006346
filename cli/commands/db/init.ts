import { defineCommand } from "../../command.ts";
import { migrateDatabase } from "../../database-actions.ts";

export const command = defineCommand({
  summary: "Initialize the metadata database",
  run: ({ console }) => migrateDatabase(console, "Initialization done"),
});
