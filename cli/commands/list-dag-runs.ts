import { isoDate } from "#core/run-id.ts";
import { defineCommand } from "../command.ts";
import { runsOfDag, STATE_FLAG } from "../list-runs.ts";
import { NO_SUBDIR } from "../subdir.ts";

const RULE = "-".repeat(120);
const line = (id: string, runId: string, state: string, executionDate: string, stateDate: string) =>
  `${id.padEnd(3)} | ${runId.padEnd(20)} | ${state.padEnd(10)} | ${executionDate.padEnd(20)} | ${stateDate.padEnd(20)} |`;

export const command = defineCommand({
  summary: "List dag runs given a DAG id. If state option is given, it will only search for all the dagruns with it",
  positionals: [{ name: "dag_id", help: "The id of the dag" }],
  flags: {
    no_backfill: { type: "boolean", help: "Filter all the backfill dagruns given the dag id" },
    state: STATE_FLAG,
  },
  refused: NO_SUBDIR,
  async run({ console, args, flags }) {
    const runs = await runsOfDag(console, args.dag_id, { state: flags.state, noBackfill: flags.no_backfill });
    if (runs.length === 0) {
      console.print(`No dag runs for ${args.dag_id}`);
      return;
    }
    const head = line("id", "run_id", "state", "execution_date", "state_date");
    console.print(["", RULE, "DAG RUNS", RULE, head, RULE].join("\n"));
    for (const run of runs) {
      const executionDate = run.logical_date ? isoDate(run.logical_date) : "";
      const stateDate = run.start_date ? isoDate(run.start_date) : "";
      console.print(line(String(run.id), run.run_id, run.state, executionDate, stateDate));
    }
  },
});
