import type { Queryable } from "#core/database/connect.ts";
import { findDagRow } from "#core/database/console-dags.ts";
import type { NewBackfill } from "#core/database/create-backfill.ts";
import { planBackfill } from "#core/database/plan-backfill.ts";
import { createBackfillByCli, followBackfill, pythonDate } from "../backfill.ts";
import { defineCommand } from "../command.ts";
import { parseDate } from "../dates.ts";
import { UsageError } from "../parse-arguments.ts";
import { NO_SUBDIR } from "../subdir.ts";
import { parseConf } from "../trigger-run.ts";
import { withDags } from "../unread-files.ts";

const BY_WORKERS = "tries are started by workers only";
const WHOLE = "a backfill runs the whole DAG; clear single tasks instead";

export const command = defineCommand({
  summary: "Run a DAG for past dates, and wait for the runs; `airflow backfill create` does not wait",
  positionals: [{ name: "dag_id", help: "The id of the dag" }],
  flags: {
    start_date: { short: "-s", help: "The first logical date" },
    end_date: { short: "-e", help: "The last logical date" },
    conf: { short: "-c", help: "JSON object that is given to the runs" },
    reset_dagruns: { type: "boolean", help: "Run again the runs of these dates that have ended" },
    rerun_failed_tasks: { type: "boolean", help: "Run again the runs of these dates that failed" },
    run_backwards: { short: "-B", type: "boolean", help: "Start with the latest date" },
    ignore_first_depends_on_past: {
      short: "-I",
      type: "boolean",
      help: "The first date does not depend on the run before it, as is the case anyway",
    },
    yes: { short: "-y", type: "boolean", help: "Do not ask; Daisy asks nothing here" },
    verbose: { short: "-v", type: "boolean", help: "Taken, as runs write their logs to files" },
    dry_run: { short: "-dr", aliases: ["dryrun"], type: "boolean", help: "Only say what there is to run" },
  },
  refused: {
    ...NO_SUBDIR,
    task_regex: { short: "-t", reason: WHOLE },
    mark_success: { short: "-m", reason: "mark the runs instead" },
    local: { short: "-l", reason: BY_WORKERS },
    donot_pickle: { short: "-x", reason: BY_WORKERS },
    ignore_dependencies: { short: "-i", reason: WHOLE },
    pool: { reason: "a task names its pool" },
    delay_on_limit: { reason: "runs start as soon as there is a place for them" },
    continue_on_failures: { reason: "a failed run holds no other one back" },
    disable_retry: { reason: "a task says how often it is tried" },
    treat_dag_id_as_regex: { reason: "name one DAG" },
  },
  async run({ console, args, flags }) {
    const [from, to] = [flags.start_date ?? flags.end_date, flags.end_date ?? flags.start_date];
    if (from === undefined || to === undefined) throw new UsageError("Provide a start_date and/or end_date");
    return withDags(console, async (db) => {
      const wish: NewBackfill = {
        dagId: args.dag_id,
        from: parseDate(from),
        to: parseDate(to),
        runBackwards: flags.run_backwards,
        reprocess: flags.reset_dagruns ? "completed" : flags.rerun_failed_tasks ? "failed" : "none",
        conf: flags.conf === undefined ? null : parseConf(flags.conf),
        maxActiveRuns: (await findDagRow(db, args.dag_id))?.max_active_runs,
      };
      if (flags.dry_run) {
        for (const line of await describeDryRun(db, wish)) console.print(line);
        return 0;
      }
      const { runs, failed_runs: failed } = await followBackfill(db, console, await createBackfillByCli(db, wish));
      console.print(`Backfill done: ${runs - failed} of ${runs} runs succeeded`);
      return failed === 0 ? 0 : 1;
    });
  },
});

async function describeDryRun(db: Queryable, wish: NewBackfill): Promise<string[]> {
  const { dag, runs } = await planBackfill(db, wish);
  return runs
    .filter(({ refusal }) => refusal === undefined)
    .flatMap(({ run }) => [
      `Dry run of DAG ${wish.dagId} on ${pythonDate(run.logicalDate)}`,
      ...dag.tasks.map((task) => `Task ${task.__var.task_id}`),
    ]);
}
