import { findTaskInstanceRow } from "#core/database/console-task-instances.ts";
import { DaisyError } from "#core/errors.ts";
import { defineCommand } from "../../command.ts";
import { findRun, requireCurrentVersion } from "../../dag-queries.ts";
import { NO_SUBDIR } from "../../subdir.ts";
import { withDags } from "../../unread-files.ts";

export const command = defineCommand({
  summary: "Get the status of a task instance",
  positionals: [
    { name: "dag_id", help: "The id of the dag" },
    { name: "task_id", help: "The id of the task" },
    { name: "execution_date_or_run_id", help: "The execution date of the run, or its id" },
  ],
  flags: { map_index: { type: "number", help: "Mapped task index" } },
  refused: NO_SUBDIR,
  async run({ console, args, flags }) {
    const { dag_id, task_id, execution_date_or_run_id } = args;
    const task = await withDags(console, async (db) => {
      const { serialized } = await requireCurrentVersion(db, dag_id);
      const run = await findRun(db, dag_id, execution_date_or_run_id);
      const found = run && (await findTaskInstanceRow(db, dag_id, run.run_id, task_id, flags.map_index));
      // One that the DAG no longer has may still have run.
      if (found === undefined && !serialized.dag.tasks.some((known) => known.__var.task_id === task_id))
        throw new DaisyError("TASK_NOT_FOUND", task_id, dag_id);
      return found;
    });
    console.print(task?.state ?? "None");
  },
});
