import { listJobs } from "#core/database/list-jobs.ts";
import { defineCommand } from "../../command.ts";
import { OUTPUT_FLAG, printRows } from "../../output.ts";
import { withDatabase } from "../../services.ts";

const MOST = 10_000;

export const command = defineCommand({
  summary: "List the jobs",
  flags: {
    state: { help: "Only list the jobs in this state", choices: ["running", "success", "failed"] },
    limit: { type: "number", help: "Only list so many of the last" },
    output: OUTPUT_FLAG,
  },
  refused: { dag_id: { short: "-d", reason: "a scheduler and a worker serve all DAGs" } },
  async run({ console, flags }) {
    await withDatabase(async (db) => {
      const jobs = await listJobs(db, { state: flags.state, limit: flags.limit ?? MOST });
      const rows = jobs.map(({ jobType, state, startDate, endDate }) => ({
        dag_id: null,
        state,
        job_type: jobType,
        start_date: startDate,
        end_date: endDate,
      }));
      printRows(console, rows, flags.output);
    });
  },
});
