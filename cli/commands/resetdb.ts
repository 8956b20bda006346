import { defineCommand } from "../command.ts";
import { resetDatabaseIfAgreed } from "../database-actions.ts";

export const command = defineCommand({
  summary: "Burn down and rebuild the metadata database",
  flags: { yes: { short: "-y", type: "boolean", help: "Do not prompt to confirm reset" } },
  run: ({ console, flags }) => resetDatabaseIfAgreed(console, { yes: flags.yes, refused: "Bail.", done: "Done." }),
});
