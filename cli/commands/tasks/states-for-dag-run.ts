import { listTaskInstances } from "#core/database/console-task-instances.ts";
import { DaisyError } from "#core/errors.ts";
import { defineCommand } from "../../command.ts";
import { findRun, requireDag } from "../../dag-queries.ts";
import { OUTPUT_FLAG, printRows } from "../../output.ts";
import { withDags } from "../../unread-files.ts";

const MOST = 100_000;

export const command = defineCommand({
  summary: "Get the status of all task instances in a dag run",
  positionals: [
    { name: "dag_id", help: "The id of the dag" },
    { name: "execution_date_or_run_id", help: "The execution date of the run, or its id" },
  ],
  flags: { output: OUTPUT_FLAG },
  async run({ console, args, flags }) {
    const { dag_id, execution_date_or_run_id } = args;
    const rows = await withDags(console, async (db) => {
      await requireDag(db, dag_id);
      const run = await findRun(db, dag_id, execution_date_or_run_id);
      if (run === undefined) throw new DaisyError("RUN_NOT_FOUND", dag_id, execution_date_or_run_id);
      const page = { limit: MOST, offset: 0, orderBy: ["task_id", "map_index"] } as const;
      const { rows: tasks } = await listTaskInstances(db, { dagId: dag_id, runId: run.run_id }, page);
      // As in Airflow, the column is there when a task of the run is mapped.
      const isMapped = tasks.some((task) => task.map_index >= 0);
      return tasks.map((task) => ({
        dag_id,
        execution_date: run.logical_date,
        task_id: task.task_id,
        state: task.state,
        start_date: task.start_date,
        end_date: task.end_date,
        ...(isMapped && { map_index: task.map_index < 0 ? "" : task.map_index }),
      }));
    });
    printRows(console, rows, flags.output);
  },
});
