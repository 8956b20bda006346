import { randomUUID } from "node:crypto";
import type { Database } from "#core/database/connect.ts";
import { untilWritten } from "#core/database/patience.ts";
import type { ClaimedTry, TryOutcome } from "#core/database/tries.ts";
import { DaisyError } from "#core/errors.ts";
import type { Log } from "#core/log.ts";
import type { SecretBox } from "#core/secrets/secret-box.ts";
import { taskLogPath } from "#core/task-logs.ts";
import type { SerializedTaskFields } from "#sdk/serialized-dag.ts";
import type { KnownLists } from "./answer-list-question.ts";
import { answerQuestion } from "./answer-question.ts";
import type { Answer, Question, TryOrder } from "./child/messages.ts";
import type { ChildPool } from "./child-pool.ts";
import type { LoadedVersion } from "./dag-versions.ts";
import { dueCallback } from "./due-callback.ts";
import { learnSecrets, tellingOf } from "./learn-secrets.ts";
import { nameInstance } from "./name-instance.ts";
import { prepareTry, type TemplateEffects, type TryInputs } from "./prepare-try.ts";
import type { RunningTry, StopReason } from "./running-tries.ts";
import { withShortReport } from "./short-report.ts";
import type { TaskProcess, TryEnd } from "./task-process.ts";
import { openTryLog, type TryLog } from "./try-log.ts";
import { judgeEnd, judgeFailure, type Verdict } from "./try-outcome.ts";
import { exitLine, lossLine, markingLine, openingLines } from "./try-story.ts";

/** What running tries takes from the rest of the worker. */
export interface TryEffects {
  readonly db: Database;
  readonly box: SecretBox;
  readonly log: Log;
  readonly baseLogFolder: string;
  /** `[webserver] base_url`, for links in mails. */
  readonly baseUrl: string;
  readonly children: ChildPool;
  loadVersion(dagVersionId: string): Promise<LoadedVersion>;
  /** Lists that tries of this worker are expanded over. */
  readonly lists: KnownLists;
  /** `[core] max_map_length` */
  readonly maxMapLength: number;
  readonly templates: TemplateEffects;
  /** Aborts when the worker can wait no longer for a database that is away. */
  readonly lastCall: AbortSignal;
  /** Stores an outcome, however long the database is away; false when the try was not running any more. */
  finish(outcome: TryOutcome): Promise<boolean>;
  /** Gives up a try whose process has ended; what is still this worker's is tried again elsewhere, at once. */
  giveUp(claimed: ClaimedTry): Promise<void>;
}

/** A timer for longer than 24 days would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Runs a claimed try to its end and stores the outcome. Does not reject: a mistake of ours fails the try. */
export async function runTry(running: RunningTry, effects: TryEffects): Promise<void> {
  const { claimed } = running;
  await runLoggedTry(running, effects).catch(async (error) => {
    effects.log.error(`The try of ${claimed.dagId}.${claimed.taskId} ${claimed.runId} could not be run`, error);
    await effects.finish({ id: claimed.id, state: "failed" }).catch(() => undefined);
  });
}

async function runLoggedTry(running: RunningTry, effects: TryEffects): Promise<void> {
  const { claimed } = running;
  const log = openTryLog(taskLogPath(effects.baseLogFolder, claimed), effects.log, running.secrets.hide);
  let verdict: Verdict | undefined;
  let task: SerializedTaskFields | undefined;
  const { conf, nextKwargs, triggerEvent } = claimed;
  running.secrets.addValues({ conf, nextKwargs, triggerEvent });
  try {
    const version = await untilWritten(() => effects.loadVersion(claimed.dagVersionId), effects.log, effects.lastCall);
    task = version.tasks.get(claimed.taskId);
    if (task === undefined)
      throw new Error(`DAG "${claimed.dagId}" has no task "${claimed.taskId}" in the run's version`);
    log.write("INFO", openingLines(claimed, task._operator_name ?? task.task_type));
    if (claimed.lostTries > 0) log.write("WARNING", lossLine(claimed.lostTries));
    const inputs = await prepareTry(running, version, task, effects);
    const end = await runInProcess(running, version, task, inputs, log, effects);
    if (end !== undefined) verdict = judgeEnd(claimed, task, withShortReport(end, running.secrets));
  } catch (error) {
    verdict = judgeFailure(claimed, task, { complaint: describe(error) });
  }
  running.isSettling = true;
  await settle(running, task, verdict, log, effects);
}

/** What is the user's to mend is told without our own stack. */
function describe(error: unknown): string {
  if (error instanceof DaisyError) return error.message;
  return (error as Error).stack ?? String(error);
}

/** How the try ended in its process, or undefined when it was stopped before it began. */
async function runInProcess(
  running: RunningTry,
  version: LoadedVersion,
  task: SerializedTaskFields,
  inputs: TryInputs,
  log: TryLog,
  effects: TryEffects,
): Promise<TryEnd | undefined> {
  const { codePath } = version;
  const child = await takeUnlessStopped(running, effects.children, codePath);
  if (child === undefined) return undefined;
  // This process may have been paused since the try was claimed, and another worker may have it by now.
  running.stopIfUnconfirmed();
  if (running.stopReason) {
    effects.children.give(child, true);
    return undefined;
  }
  running.onStop((reason) => stopProcess(child, reason, log));
  const { execution_timeout: seconds } = task;
  const timer =
    seconds === undefined
      ? undefined
      : setTimeout(() => running.stop({ kind: "timeout", seconds }), Math.min(seconds * 1_000, LONGEST_TIMER_MS));
  const order = { ...makeOrder(running, codePath, task, effects.maxMapLength), ...inputs };
  const onGiven = tellingOf(effects.log, running.claimed);
  const answerOf = async (question: Question): Promise<Answer> => {
    const { db, box } = effects;
    if (question.about === "nameInstance") {
      const name = () => nameInstance(running, version, task, inputs, question.args, effects);
      return untilWritten(name, effects.log, effects.lastCall);
    }
    const ask = () => answerQuestion(db, box, running.claimed, question, effects.lists);
    return learnSecrets(running.secrets, question, onGiven, () => untilWritten(ask, effects.log, effects.lastCall));
  };
  const end = await child.run(order, {
    secrets: running.secrets,
    onLine: (stream, line) => log.write(stream === "stdout" ? "INFO" : "ERROR", line),
    untilRoom: () => (log.isFull ? log.flush() : undefined),
    answer: async (question) => {
      const answer = await answerOf(question);
      // The task would go on with it, although this process may have been paused while it asked.
      running.stopIfUnconfirmed();
      return answer;
    },
  });
  clearTimeout(timer);
  const reusable = end.kind === "ended" && end.ending.kind !== "failed" && end.leftover === undefined;
  if (end.kind === "ended" && end.leftover !== undefined)
    log.write("INFO", `The task left ${end.leftover} behind; its process is replaced.`);
  effects.children.give(child, reusable && running.stopReason === undefined);
  // Nothing of a stopped try may run beside the next one.
  if (running.stopReason) await child.exited;
  return end;
}

function takeUnlessStopped(
  running: RunningTry,
  children: ChildPool,
  codePath: string,
): Promise<TaskProcess | undefined> {
  return new Promise((resolve, reject) => {
    running.onStop(() => resolve(undefined));
    children.take(codePath).then((child) => {
      if (running.stopReason) children.give(child, true);
      else resolve(child);
    }, reject);
  });
}

function stopProcess(child: TaskProcess, reason: StopReason, log: TryLog): void {
  const message = describeStop(reason, child.pid);
  log.write(reason.kind === "timeout" ? "ERROR" : "WARNING", message);
  if (reason.kind === "out-of-touch") child.kill();
  else child.stop(message);
}

function describeStop(reason: StopReason, pid: number): string {
  switch (reason.kind) {
    case "timeout":
      return `Timeout, PID: ${pid}: the task ran longer than its execution timeout of ${reason.seconds} s`;
    case "disowned":
      return `State of this instance has been externally set to ${reason.state ?? "None"}. Terminating instance.`;
    case "shutdown":
      return "The worker is shutting down; the task will start anew elsewhere.";
    case "out-of-touch":
      return "The database was out of reach for so long that the task may have been started anew. Terminating instance.";
  }
}

function makeOrder(
  running: RunningTry,
  codePath: string,
  task: SerializedTaskFields,
  maxMapLength: number,
): Omit<TryOrder, keyof TryInputs> {
  const { claimed } = running;
  const { dagId, runId, taskId, mapIndex, tryNumber, conf } = claimed;
  return {
    codePath,
    databaseTime: running.databaseTime().toISOString(),
    dagId,
    runId,
    taskId,
    mapIndex,
    tryNumber,
    conf,
    logicalDate: claimed.logicalDate?.toISOString() ?? null,
    dataIntervalStart: claimed.dataIntervalStart?.toISOString() ?? null,
    dataIntervalEnd: claimed.dataIntervalEnd?.toISOString() ?? null,
    maxTries: claimed.maxTries,
    pushResult: task.do_xcom_push ?? true,
    waitingSince: claimed.waitingSince?.toISOString() ?? null,
    resume: resumptionOf(claimed),
    maxMapLength,
    endMark: `--- end of try ${randomUUID()} ---`,
  };
}

function resumptionOf({ nextMethod, nextKwargs, triggerEvent }: ClaimedTry): TryOrder["resume"] {
  return nextMethod === null ? null : { method: nextMethod, kwargs: nextKwargs ?? {}, event: triggerEvent };
}

/** Writes the last lines and the outcome, or gives the try back. */
async function settle(
  running: RunningTry,
  task: SerializedTaskFields | undefined,
  verdict: Verdict | undefined,
  log: TryLog,
  effects: TryEffects,
): Promise<void> {
  const { claimed, stopReason } = running;
  if (stopReason?.kind === "timeout") {
    const complaint = `AirflowTaskTimeout: Timeout after ${stopReason.seconds} s`;
    await finish(claimed, task, judgeFailure(claimed, task, { complaint }), log, effects);
  } else if (stopReason !== undefined || verdict === undefined) {
    // Cleared, marked or taken away while it ran, or stopped by us: now that its process is gone, others may go on.
    await log.flush();
    await effects.giveUp(claimed);
  } else {
    await finish(claimed, task, verdict, log, effects);
  }
}

async function finish(
  claimed: ClaimedTry,
  task: SerializedTaskFields | undefined,
  verdict: Verdict,
  log: TryLog,
  effects: TryEffects,
): Promise<void> {
  const { complaint, exitCode, exception = complaint ?? null } = verdict;
  // Callbacks and mails carry it out of the try, which alone knows what to hide.
  const told = exception === null ? null : log.hide(exception);
  const callback = dueCallback(task, verdict.outcome.state, told);
  const outcome = callback === undefined ? verdict.outcome : { ...verdict.outcome, callback };
  if (complaint !== undefined) log.write(outcome.state === "skipped" ? "INFO" : "ERROR", complaint);
  log.write("INFO", markingLine(claimed, outcome.state));
  log.write("INFO", exitLine(outcome.state, exitCode));
  try {
    // First the log: whoever sees that a try has ended can read all of it.
    await log.flush();
    if (await effects.finish(outcome)) return;
    log.write("WARNING", "The state of this instance had been changed externally; the outcome was not stored.");
    await log.flush();
    // It ended just when it was cleared or marked: nobody else will start its next try, or call its callbacks.
    await effects.giveUp(claimed);
  } catch (error) {
    await finishRefused(claimed, task, outcome, error as Error, log, effects);
  }
}

/** The database will not take the outcome, whatever the wait: a result that it cannot store fails the try. */
async function finishRefused(
  claimed: ClaimedTry,
  task: SerializedTaskFields | undefined,
  outcome: TryOutcome,
  error: Error,
  log: TryLog,
  effects: TryEffects,
): Promise<void> {
  effects.log.error(`The outcome of ${claimed.dagId}.${claimed.taskId} ${claimed.runId} was refused`, error);
  if (outcome.returnValue === undefined) return;
  const complaint = `The result could not be stored: ${error.message}`;
  await finish(claimed, task, judgeFailure(claimed, task, { complaint, mayRetry: false }), log, effects);
}
