import { defineCommand } from "../command.ts";
import { findRunOfDag } from "../dag-state.ts";
import { NO_SUBDIR } from "../subdir.ts";

export const command = defineCommand({
  summary: "Get the status of a dag run",
  positionals: [
    { name: "dag_id", help: "The id of the dag" },
    { name: "execution_date", help: "The execution date of the run, or its id" },
  ],
  refused: NO_SUBDIR,
  async run({ console, args }) {
    console.print((await findRunOfDag(console, args.dag_id, args.execution_date))?.state ?? "None");
  },
});
