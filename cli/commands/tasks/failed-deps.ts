import { defineCommand } from "../../command.ts";
import { printFailedDependencies } from "../../failed-dependencies.ts";
import { NO_SUBDIR } from "../../subdir.ts";

export const command = defineCommand({
  summary: "Returns the unmet dependencies for a task instance",
  positionals: [
    { name: "dag_id", help: "The id of the dag" },
    { name: "task_id", help: "The id of the task" },
    { name: "execution_date_or_run_id", help: "The execution date of the run, or its id" },
  ],
  flags: { "map-index": { type: "number", value: "INDEX", help: "Mapped task index" } },
  refused: NO_SUBDIR,
  run: ({ console, args, flags }) =>
    printFailedDependencies(console, {
      dagId: args.dag_id,
      taskId: args.task_id,
      run: args.execution_date_or_run_id,
      mapIndex: flags["map-index"] ?? -1,
    }),
});
