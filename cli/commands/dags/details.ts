import { findCurrentVersion } from "#core/database/console-dags.ts";
import { countActiveRuns } from "#core/database/console-runs.ts";
import { pythonText } from "#core/templates/python-text.ts";
import { createFileTokens } from "#webserver/api/file-token.ts";
import { showDagDetails } from "#webserver/api/show/show-dag.ts";
import { defineCommand } from "../../command.ts";
import { requireDag } from "../../dag-queries.ts";
import { OUTPUT_FLAG, printRows } from "../../output.ts";
import { withDags } from "../../unread-files.ts";

export const command = defineCommand({
  summary: "Get DAG details given a DAG id",
  positionals: [{ name: "dag_id", help: "The id of the dag" }],
  flags: { output: OUTPUT_FLAG },
  async run({ console, args, flags }) {
    const details = await withDags(console, async (db, config) => {
      const dag = await requireDag(db, args.dag_id);
      const version = await findCurrentVersion(db, dag.dag_id);
      const activeRuns = await countActiveRuns(db, dag.dag_id);
      return showDagDetails(dag, version, activeRuns, createFileTokens(config.api.secret_key));
    });
    const cells = Object.entries(details).map(([name, value]) => [name, value === null ? null : pythonText(value)]);
    // As in Airflow, a table has a line for each property.
    const isTable = flags.output === undefined || flags.output === "table" || flags.output === "plain";
    const rows = cells.map(([property_name, property_value]) => ({ property_name, property_value }));
    printRows(console, isTable ? rows : [Object.fromEntries(cells)], flags.output);
  },
});
