import { defineCommand } from "../../command.ts";
import { parseDate } from "../../dates.ts";
import { runsOfDag, STATE_FLAG } from "../../list-runs.ts";
import { OUTPUT_FLAG, printRows } from "../../output.ts";
import { NO_SUBDIR } from "../../subdir.ts";

export const command = defineCommand({
  summary: "List DAG runs given a DAG id",
  flags: {
    dag_id: { short: "-d", help: "The id of the dag", required: true },
    state: STATE_FLAG,
    no_backfill: { type: "boolean", help: "Leave out the runs of backfills" },
    start_date: { short: "-s", help: "Only runs of this logical date or later" },
    end_date: { short: "-e", help: "Only runs of this logical date or earlier" },
    output: OUTPUT_FLAG,
  },
  refused: NO_SUBDIR,
  async run({ console, flags }) {
    const runs = await runsOfDag(console, flags.dag_id!, {
      state: flags.state,
      noBackfill: flags.no_backfill,
      from: flags.start_date === undefined ? undefined : parseDate(flags.start_date),
      to: flags.end_date === undefined ? undefined : parseDate(flags.end_date),
    });
    const rows = runs.map((run) => ({
      dag_id: run.dag_id,
      run_id: run.run_id,
      state: run.state,
      execution_date: run.logical_date,
      start_date: run.start_date,
      end_date: run.end_date,
    }));
    printRows(console, rows, flags.output);
  },
});
