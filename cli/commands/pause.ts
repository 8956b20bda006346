import { defineCommand } from "../command.ts";
import { pauseDag } from "../pause-dag.ts";
import { NO_SUBDIR } from "../subdir.ts";

export const command = defineCommand({
  summary: "Pause a DAG",
  positionals: [{ name: "dag_id", help: "The id of the dag" }],
  refused: NO_SUBDIR,
  async run({ console, args }) {
    await pauseDag(console, args.dag_id, true, "DAG_NOT_FOUND");
    console.print(`Dag: <DAG: ${args.dag_id}>, paused: True`);
  },
});
