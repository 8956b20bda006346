import type { Database } from "#core/database/connect.ts";
import type { RunRow } from "#core/database/console-runs.ts";
import { findTaskInstanceRow } from "#core/database/console-task-instances.ts";
import { copyXComs } from "#core/database/copy-rows.ts";
import { createDagRun, createManualRun } from "#core/database/create-dag-run.ts";
import { keepOneTask } from "#core/database/local-runs.ts";
import { DaisyError } from "#core/errors.ts";
import type { RunType } from "#core/run-id.ts";
import type { Console } from "./console.ts";
import { findRun } from "./dag-queries.ts";
import { parseDate } from "./dates.ts";
import { runLocally } from "./local-run/local-run.ts";
import { renderBlocks } from "./render-task.ts";

/** The arguments of the commands that test a task. */
export const TEST_POSITIONALS = [
  { name: "dag_id", help: "The id of the dag" },
  { name: "task_id", help: "The id of the task" },
  {
    name: "execution_date_or_run_id",
    help: "The logical date of the run, or its id; now when left out",
    optional: true,
  },
] as const;

export const NO_DEBUGGER = "a task runs in a process of its own, which no debugger is bound to";

export interface TaskToTest {
  readonly dagId: string;
  readonly taskId: string;
  /** A run's id or its logical date; a run that is not there is made up for it. @default now */
  readonly run: string | undefined;
  readonly mapIndex: number;
  /** Values for params. */
  readonly params: Readonly<Record<string, unknown>>;
  /** Prints what the template fields become, and runs nothing. */
  readonly isDryRun: boolean;
}

/**
 * Runs one try of a task here, whatever is before it and whatever state it has in the run, and prints its log. Of a
 * run that is there the dates, the conf and the XComs are taken.
 * @returns the exit code
 */
export async function testTask(console: Console, wanted: TaskToTest, signal: AbortSignal): Promise<number> {
  const { dagId, taskId, mapIndex, isDryRun } = wanted;
  let state: string | null | undefined;
  const hasEnded = await runLocally({
    dagId,
    signal,
    write: (text) => void process.stdout.write(text),
    async prepare(scratch, database, config) {
      const { id, runId } = await createRun(scratch, database, wanted);
      if (!(await keepOneTask(scratch, id, taskId, mapIndex))) throw new DaisyError("TASK_NOT_FOUND", taskId, dagId);
      if (!isDryRun) return runId;
      for (const block of await renderBlocks(scratch, config, { ...wanted, run: runId })) console.print(block);
      return undefined;
    },
    async inspect(scratch, { run_id: runId }) {
      state = (await findTaskInstanceRow(scratch, dagId, runId, taskId, mapIndex))?.state;
    },
  });
  if (!hasEnded) return isDryRun ? 0 : 130;
  if (state === "success" || state === "skipped") return 0;
  console.complain(`Task ${taskId} ended as ${state}`);
  return 1;
}

async function createRun(
  scratch: Database,
  database: Database,
  { dagId, run: text, params }: TaskToTest,
): Promise<{ readonly id: number; readonly runId: string }> {
  const found = text === undefined ? undefined : await findRun(database, dagId, text);
  if (found === undefined) {
    if (text !== undefined && /^[a-z]+_/i.test(text)) throw new DaisyError("RUN_NOT_FOUND", dagId, text);
    const logicalDate = text === undefined ? new Date() : parseDate(text);
    return createManualRun(scratch, { dagId, logicalDate, conf: params, triggeredBy: "test" });
  }
  const created = await createDagRun(scratch, copyOf(found, params));
  await copyXComs(database, found.id, scratch, created.id);
  return created;
}

function copyOf(run: RunRow, params: Readonly<Record<string, unknown>>) {
  const { data_interval_start: start, data_interval_end: end } = run;
  return {
    dagId: run.dag_id,
    runId: run.run_id,
    runType: run.run_type as RunType,
    logicalDate: run.logical_date,
    dataInterval: start && end && { start, end },
    runAfter: run.run_after,
    conf: { ...(run.conf as Record<string, unknown>), ...params },
    triggeredBy: "test",
  } as const;
}
