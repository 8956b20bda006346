import { hostname } from "node:os";
import { ALONE_AFTER_LOSSES, MOST_LOSSES } from "#core/database/lost-tries.ts";
import type { ClaimedTry } from "#core/database/tries.ts";
import type { TaskState } from "#sdk/states.ts";

const RULE = "-".repeat(80);

/** The first lines of a try's log, as Airflow has them. */
export function openingLines(claimed: ClaimedTry, operator: string): string {
  const { dagId, taskId, runId, tryNumber, maxTries, logicalDate, nextMethod } = claimed;
  return [
    `Dependencies all met for <TaskInstance: ${dagId}.${taskId} ${runId} [queued]>`,
    RULE,
    nextMethod === null
      ? `Starting attempt ${tryNumber} of ${Math.max(maxTries + 1, tryNumber)}`
      : "Resuming after deferral",
    RULE,
    `Executing <Task(${operator}): ${taskId}> on ${isoDate(logicalDate)}`,
    `Running <TaskInstance: ${dagId}.${taskId} ${runId} [running]> on host ${hostname()}`,
  ].join("\n");
}

/** The line about executions before this one that came to no end. */
export function lossLine(lostTries: number): string {
  const alone = lostTries < ALONE_AFTER_LOSSES ? "" : "; this one has a worker process of its own";
  return `Executions before this one that were lost with their worker: ${lostTries} of ${MOST_LOSSES} at most${alone}.`;
}

/** The line that says what becomes of the try. */
export function markingLine(claimed: ClaimedTry, state: TaskState): string {
  const { dagId, taskId, runId, logicalDate } = claimed;
  const ids = `dag_id=${dagId}, task_id=${taskId}, run_id=${runId}, execution_date=${isoDate(logicalDate)}`;
  if (state === "up_for_reschedule") return "Rescheduling task, marking task as UP_FOR_RESCHEDULE";
  if (state === "deferred") return `Pausing task as DEFERRED. ${ids}`;
  return `Marking task as ${state.toUpperCase()}. ${ids}`;
}

/** The line about the end of the task's process; a deferral has an exit code of its own, as in Airflow. */
export function exitLine(state: TaskState, exitCode: number): string {
  return state === "deferred"
    ? "Task exited with return code 100 (task deferral)"
    : `Task exited with return code ${exitCode}`;
}

function isoDate(date: Date | null): string {
  return date === null ? "None" : date.toISOString().replace(/(\.000)?Z$/, "+00:00");
}
