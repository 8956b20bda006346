import { defineCommand } from "../../command.ts";
import { withDatabase } from "../../services.ts";

export const command = defineCommand({
  summary: "Check if the database can be reached",
  async run({ console }) {
    await withDatabase((db) => db.query("select 1"));
    console.print("Connection successful.");
  },
});
