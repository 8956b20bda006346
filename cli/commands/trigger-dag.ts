import { isoDate } from "#core/run-id.ts";
import { defineCommand } from "../command.ts";
import { NO_SUBDIR } from "../subdir.ts";
import { triggerRun } from "../trigger-run.ts";
import { withDags } from "../unread-files.ts";

export const command = defineCommand({
  summary: "Trigger a DAG run",
  positionals: [{ name: "dag_id", help: "The id of the dag" }],
  flags: {
    run_id: { short: "-r", help: "Helps to identify this run" },
    conf: { short: "-c", help: "JSON object that is given to the DAG run" },
    exec_date: { short: "-e", help: "The execution date of the DAG" },
  },
  refused: NO_SUBDIR,
  async run({ console, args, flags }) {
    await withDags(console, async (db) => {
      const run = await triggerRun(db, {
        dagId: args.dag_id,
        runId: flags.run_id,
        conf: flags.conf,
        date: flags.exec_date,
      });
      const date = isoDate(run.logical_date ?? run.run_after);
      console.print(`Created <DagRun ${run.dag_id} @ ${date}: ${run.run_id}, externally triggered: True>`);
    });
  },
});
