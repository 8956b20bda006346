import { defineCommand } from "../../command.ts";
import { BY_DAG_ID } from "../../subdir.ts";
import { NO_DEBUGGER, TEST_POSITIONALS, testTask } from "../../test-task.ts";
import { parseConf } from "../../trigger-run.ts";

export const command = defineCommand({
  summary: "Run a task here, without a look at what is before it, and leave nothing in the database",
  longRunning: true,
  positionals: TEST_POSITIONALS,
  flags: {
    dry_run: { short: "-n", aliases: ["dryrun"], type: "boolean", help: "Only print the rendered template fields" },
    task_params: { short: "-t", value: "JSON", help: "JSON object with values for params" },
    "map-index": { type: "number", value: "INDEX", help: "Mapped task index" },
  },
  refused: {
    ...BY_DAG_ID,
    env_vars: { reason: "a task's process does not see the environment; give it variables or params" },
    post_mortem: { short: "-m", reason: NO_DEBUGGER },
  },
  run: ({ console, args, flags, signal }) =>
    testTask(
      console,
      {
        ...{ dagId: args.dag_id, taskId: args.task_id, run: args.execution_date_or_run_id },
        mapIndex: flags["map-index"] ?? -1,
        params: flags.task_params === undefined ? {} : parseConf(flags.task_params),
        isDryRun: flags.dry_run,
      },
      signal,
    ),
});
