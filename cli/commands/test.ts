import { defineCommand } from "../command.ts";
import { BY_DAG_ID } from "../subdir.ts";
import { NO_DEBUGGER, TEST_POSITIONALS, testTask } from "../test-task.ts";
import { parseConf } from "../trigger-run.ts";

export const command = defineCommand({
  summary: "Run a task here, without a look at what is before it, and leave nothing in the database",
  longRunning: true,
  positionals: TEST_POSITIONALS,
  flags: {
    dry_run: { short: "-dr", type: "boolean", help: "Only print the rendered template fields" },
    task_params: { short: "-tp", value: "JSON", help: "JSON object with values for params" },
  },
  refused: { ...BY_DAG_ID, post_mortem: { short: "-pm", reason: NO_DEBUGGER } },
  run: ({ console, args, flags, signal }) =>
    testTask(
      console,
      {
        ...{ dagId: args.dag_id, taskId: args.task_id, run: args.execution_date_or_run_id },
        mapIndex: -1,
        params: flags.task_params === undefined ? {} : parseConf(flags.task_params),
        isDryRun: flags.dry_run,
      },
      signal,
    ),
});
