import { DEFAULT_MAX_ACTIVE_RUNS } from "#core/database/create-backfill.ts";
import { REPROCESS_BEHAVIORS } from "#core/database/plan-backfill.ts";
import { maskSecrets } from "#core/secrets/mask-secrets.ts";
import { createBackfillByCli, datesToAttempt, pythonDate } from "../../backfill.ts";
import { defineCommand } from "../../command.ts";
import { parseDate } from "../../dates.ts";
import { parseConf } from "../../trigger-run.ts";
import { withDags } from "../../unread-files.ts";

export const command = defineCommand({
  summary: "Create a backfill for a dag",
  flags: {
    dag_id: { help: "The dag to backfill", aliases: ["dag"], required: true },
    from_date: { help: "Earliest logical date to backfill", required: true },
    to_date: { help: "Latest logical date to backfill", required: true },
    dag_run_conf: { help: "JSON dag run configuration" },
    run_backwards: {
      type: "boolean",
      help: "Start with the latest date; not for DAGs with tasks that depend on past runs",
    },
    max_active_runs: { type: "number", help: "Runs of this backfill at a time (10)" },
    reprocess_behavior: {
      choices: REPROCESS_BEHAVIORS,
      help: "Which runs that have ended are run again: none, those that failed, or all (none)",
    },
    run_on_latest_version: {
      type: "boolean",
      help: "Run runs again on the latest version of the DAG, as happens anyway",
    },
    dry_run: { type: "boolean", help: "Only say which runs there would be" },
  },
  async run({ console, flags }) {
    const wish = {
      dagId: flags.dag_id!,
      from: parseDate(flags.from_date!),
      to: parseDate(flags.to_date!),
      maxActiveRuns: flags.max_active_runs || DEFAULT_MAX_ACTIVE_RUNS,
      runBackwards: flags.run_backwards,
      conf: flags.dag_run_conf === undefined ? null : parseConf(flags.dag_run_conf),
      reprocess: flags.reprocess_behavior ?? "none",
    };
    await withDags(console, async (db) => {
      if (!flags.dry_run) {
        const { id, runs } = await createBackfillByCli(db, wish);
        console.print(`Created backfill ${id} of ${wish.dagId} with ${runs} runs`);
        return;
      }
      const dates = await datesToAttempt(db, wish);
      console.print("Performing dry run of backfill.");
      console.print("Printing params:");
      console.print(`    - dag_id = ${wish.dagId}`);
      console.print(`    - from_date = ${pythonDate(wish.from)}`);
      console.print(`    - to_date = ${pythonDate(wish.to)}`);
      console.print(`    - max_active_runs = ${wish.maxActiveRuns}`);
      console.print(`    - reverse = ${wish.runBackwards ? "True" : "False"}`);
      console.print(`    - dag_run_conf = ${wish.conf === null ? "None" : JSON.stringify(maskSecrets(wish.conf))}`);
      console.print(`    - reprocess_behavior = ${wish.reprocess}`);
      console.print("Logical dates to be attempted:");
      for (const date of dates) console.print(`    - ${pythonDate(date)}`);
    });
  },
});
