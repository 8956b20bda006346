import type { RunRow } from "#core/database/console-runs.ts";
import { createManualRun } from "#core/database/create-dag-run.ts";
import { DagStructures } from "#core/database/dag-versions.ts";
import { passOver } from "#core/database/local-runs.ts";
import { defineCommand } from "../../command.ts";
import { parseDate } from "../../dates.ts";
import { finishedLine } from "../../local-run/finished-line.ts";
import { runLocally } from "../../local-run/local-run.ts";
import { UsageError } from "../../parse-arguments.ts";
import { BY_DAG_ID } from "../../subdir.ts";
import { parseConf } from "../../trigger-run.ts";

const NO_PICTURE = "the console shows the graph of a run";

export const command = defineCommand({
  summary: "Execute one run of a DAG here, without a scheduler, and leave nothing in the database",
  longRunning: true,
  positionals: [
    { name: "dag_id", help: "The id of the dag" },
    { name: "logical_date", help: "The logical date of the run; now when left out", optional: true },
  ],
  flags: {
    conf: { short: "-c", help: "JSON object that is given to the run" },
    "mark-success-pattern": {
      value: "REGEX",
      help: "Tasks whose ids match succeed without running, such as sensors that would wait",
    },
    "use-executor": { type: "boolean", help: "Taken, as tasks run in processes of their own anyway" },
    verbose: { short: "-v", type: "boolean", help: "Taken, as all logs are printed anyway" },
  },
  refused: {
    ...BY_DAG_ID,
    "show-dagrun": { reason: NO_PICTURE },
    "imgcat-dagrun": { reason: NO_PICTURE },
    "save-dagrun": { reason: NO_PICTURE },
  },
  async run({ console, args, flags, signal }) {
    const pattern = readPattern(flags["mark-success-pattern"]);
    const conf = flags.conf === undefined ? undefined : parseConf(flags.conf);
    const logicalDate = args.logical_date === undefined ? new Date() : parseDate(args.logical_date);
    let ended: RunRow | undefined;
    await runLocally({
      dagId: args.dag_id,
      signal,
      write: (text) => void process.stdout.write(text),
      async prepare(scratch) {
        const run = { dagId: args.dag_id, logicalDate, conf, triggeredBy: "test" } as const;
        const { id, runId, dagVersionId } = await createManualRun(scratch, run);
        const { tasks } = await new DagStructures(1).load(scratch, dagVersionId);
        const passed = tasks.map(({ taskId }) => taskId).filter((taskId) => pattern?.test(taskId));
        await passOver(scratch, id, passed);
        return runId;
      },
      async inspect(_, run) {
        ended = run;
      },
    });
    if (ended === undefined) return 130;
    console.print(finishedLine(ended));
    if (ended.state === "success") return 0;
    console.complain("DagRun failed");
    return 1;
  },
});

function readPattern(text: string | undefined): RegExp | undefined {
  try {
    return text === undefined ? undefined : new RegExp(text);
  } catch (error) {
    throw new UsageError(`argument --mark-success-pattern: ${(error as Error).message}`);
  }
}
