import { maskSecrets } from "#core/secrets/mask-secrets.ts";
import { defineCommand } from "../../command.ts";
import { findRunOfDag } from "../../dag-state.ts";
import { NO_SUBDIR } from "../../subdir.ts";
import { hasConf } from "../../trigger-run.ts";

export const command = defineCommand({
  summary: "Get the status of a dag run",
  positionals: [
    { name: "dag_id", help: "The id of the dag" },
    { name: "logical_date_or_run_id", help: "The logical date of the run, or its id" },
  ],
  refused: NO_SUBDIR,
  async run({ console, args }) {
    const run = await findRunOfDag(console, args.dag_id, args.logical_date_or_run_id);
    const conf = run && hasConf(run) ? `, ${JSON.stringify(maskSecrets(run.conf))}` : "";
    console.print(`${run?.state ?? "None"}${conf}`);
  },
});
