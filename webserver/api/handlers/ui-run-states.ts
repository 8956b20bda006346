import { listTaskStates } from "#core/database/console-task-instances.ts";
import type { RunStatesAnswer } from "../../protocol.ts";
import type { Handler } from "../call.ts";
import { runOf } from "../find-or-404.ts";
import { showInstant } from "../show/show-instant.ts";
import { summarizeRun } from "../show/show-run.ts";

/** What colours the graph: the state of a run and of its tasks, and no more. */
export const uiRunStates: Handler = async (call): Promise<RunStatesAnswer> => {
  const run = await runOf(call);
  const states = await listTaskStates(call.server.db, run.id);
  return {
    run: summarizeRun(run),
    tasks: states.map((row) => ({
      ...row,
      start_date: showInstant(row.start_date),
      end_date: showInstant(row.end_date),
    })),
  };
};
