import { clearRun } from "#core/database/by-hand/clear-instances.ts";
import type { Database } from "#core/database/connect.ts";
import { createManualRun } from "#core/database/create-dag-run.ts";
import { findRunState } from "#core/database/dag-runs.ts";
import { isDagPaused } from "#core/database/dags.ts";
import { findDagOutline, findExternalStates } from "#core/database/external-states.ts";
import { DaisyError } from "#core/errors.ts";
import type { Answer, RunQuestion } from "./child/messages.ts";

/** Answers what a running task asks about runs of other DAGs. */
export async function answerRunQuestion(db: Database, question: RunQuestion): Promise<Answer> {
  switch (question.about) {
    case "triggerDagRun":
      return triggerRun(db, question.run);
    case "getDagRunState":
      return findRunState(db, question.dagId, question.runId);
    case "getExternalStates":
      return JSON.stringify((await findExternalStates(db, [question.target]))[0]);
    case "getDagOutline":
      return JSON.stringify(await findDagOutline(db, question.dagId));
    case "isDagPaused":
      return isDagPaused(db, question.dagId);
  }
}

/** Null when the run was created, or cleared because the task asked for that, else which run is in its place. */
async function triggerRun(
  db: Database,
  run: Extract<RunQuestion, { about: "triggerDagRun" }>["run"],
): Promise<string | null> {
  try {
    await createManualRun(db, {
      ...run,
      logicalDate: run.logicalDate === null ? null : new Date(run.logicalDate),
      runAfter: run.runAfter === null ? null : new Date(run.runAfter),
      triggeredBy: "operator",
    });
    return null;
  } catch (error) {
    if (run.reset && error instanceof DaisyError && error.code === "RUN_ALREADY_EXISTS") {
      await clearRun(db, run.dagId, run.runId);
      return null;
    }
    const exists = error instanceof DaisyError && ["RUN_ALREADY_EXISTS", "RUN_DATE_TAKEN"].includes(error.code);
    if (exists) return error.message;
    throw error;
  }
}
