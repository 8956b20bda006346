import { maskSecrets } from "#core/secrets/mask-secrets.ts";
import { defineCommand } from "../../command.ts";
import { OUTPUT_FLAG, printRows } from "../../output.ts";
import { NO_SUBDIR } from "../../subdir.ts";
import { triggerRun } from "../../trigger-run.ts";
import { withDags } from "../../unread-files.ts";

export const command = defineCommand({
  summary: "Trigger a DAG run",
  positionals: [{ name: "dag_id", help: "The id of the dag" }],
  flags: {
    run_id: { short: "-r", help: "Helps to identify this run" },
    conf: { short: "-c", help: "JSON object that is given to the DAG run" },
    exec_date: { short: "-e", aliases: ["logical-date"], help: "The logical date of the run" },
    output: OUTPUT_FLAG,
  },
  refused: NO_SUBDIR,
  async run({ console, args, flags }) {
    const wish = { dagId: args.dag_id, runId: flags.run_id, conf: flags.conf, date: flags.exec_date };
    const run = await withDags(console, (db) => triggerRun(db, wish));
    const row = {
      conf: JSON.stringify(maskSecrets(run.conf)),
      dag_id: run.dag_id,
      dag_run_id: run.run_id,
      data_interval_start: run.data_interval_start,
      data_interval_end: run.data_interval_end,
      end_date: run.end_date,
      external_trigger: true,
      last_scheduling_decision: null,
      logical_date: run.logical_date,
      run_type: run.run_type,
      start_date: run.start_date,
      state: run.state,
    };
    printRows(console, [row], flags.output);
  },
});
