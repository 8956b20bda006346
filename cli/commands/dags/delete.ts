import { defineCommand } from "../../command.ts";
import { deleteDagIfAgreed } from "../../delete-dag.ts";

export const command = defineCommand({
  summary: "Delete all DB records related to the specified DAG",
  positionals: [{ name: "dag_id", help: "The id of the dag" }],
  flags: { yes: { short: "-y", type: "boolean", help: "Do not prompt to confirm" } },
  run: ({ console, args, flags }) => deleteDagIfAgreed(console, args.dag_id, { yes: flags.yes, refused: "Cancelled" }),
});
