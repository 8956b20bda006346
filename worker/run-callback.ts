import { randomUUID } from "node:crypto";
import {
  type ClaimedCallback,
  claimCallback,
  deleteCallback,
  handBackCallback,
} from "#core/database/callback-requests.ts";
import { untilWritten } from "#core/database/patience.ts";
import { ToldSecrets } from "#core/secrets/told-secrets.ts";
import { runCallbacksLogPath, taskLogPath } from "#core/task-logs.ts";
import type { TaskState } from "#sdk/states.ts";
import { answerQuestion } from "./answer-question.ts";
import type { Asking } from "./asking.ts";
import type { CallbackOrder } from "./child/messages.ts";
import type { ChildPool } from "./child-pool.ts";
import type { LoadedVersion } from "./dag-versions.ts";
import { hasCallbacks } from "./due-callback.ts";
import { mailFailure, wantsMail } from "./failure-mail.ts";
import { learnSecrets, tellingOf } from "./learn-secrets.ts";
import { paramsOf, type TemplateEffects } from "./prepare-try.ts";
import type { TryEffects } from "./run-try.ts";
import { withShortReport } from "./short-report.ts";
import type { TaskProcess, TryEnd } from "./task-process.ts";
import { openTryLog, type TryLog } from "./try-log.ts";

/** Callbacks that take longer are stopped: they hold a place that a task could have. */
const LONGEST_MS = 300_000;

/** What a job for callbacks does: they are claimed, called and forgotten, each request by one worker at a time. */
export interface CallbackTaker {
  /** Resolves when they have been called, or are not this worker's; rejects when that could not be found out. */
  take(id: string, signal: AbortSignal): Promise<void>;
}

/** @param jobId the worker's row in `job` */
export function createCallbackTaker(jobId: string, effects: TryEffects): CallbackTaker {
  const { db, log, lastCall } = effects;
  /** A job may come twice; a request that this worker holds must not be claimed again. */
  const held = new Set<string>();

  async function claimAndRun(id: string, signal: AbortSignal): Promise<void> {
    const claimed = await untilWritten(() => claimCallback(db, id, jobId), log, signal);
    if (claimed === undefined) return;
    const hasRun = await runCallback(claimed, effects, signal);
    const close = hasRun ? deleteCallback : handBackCallback;
    await untilWritten(() => close(db, id, jobId), log, lastCall);
  }

  return {
    async take(id, signal) {
      if (held.has(id)) return;
      held.add(id);
      await claimAndRun(id, signal).finally(() => held.delete(id));
    },
  };
}

/** Calls what a request asks for; whatever goes wrong is logged. False when the signal stopped it. */
async function runCallback(claimed: ClaimedCallback, effects: TryEffects, signal: AbortSignal): Promise<boolean> {
  const secrets = new ToldSecrets();
  const tryLog = openTryLog(logPath(effects.baseLogFolder, claimed), effects.log, secrets.hide);
  const { dagId, runId, task, isOfRun } = claimed;
  try {
    const version = await untilWritten(() => effects.loadVersion(claimed.dagVersionId), effects.log, signal);
    const spec = task === null ? undefined : version.tasks.get(task.taskId);
    if (isOfRun || hasCallbacks(spec, claimed.event)) {
      tryLog.write("INFO", `Executing on_${claimed.event} ${isOfRun ? "dag callback" : "callback"}`);
      const end = await runInProcess(claimed, version, { tryLog, secrets }, effects, signal);
      if (end === undefined) return false;
      if (end.kind === "died") tryLog.write("ERROR", "The callback's process ended before the callback did.");
      else if (end.ending.kind === "failed") tryLog.write("ERROR", end.ending.stack);
    }
    // As in Airflow, mails come after callbacks.
    if (!isOfRun && task !== null && spec?.email !== undefined && wantsMail(spec, claimed.event) && !signal.aborted) {
      await mailFailure(claimed, task, spec.email, tryLog, effects, signal);
    }
  } catch (error) {
    tryLog.write("ERROR", `The callback could not be run: ${(error as Error).message}`);
    effects.log.error(`A callback of ${dagId} ${runId} ${task?.taskId ?? ""} could not be run`, error);
  } finally {
    await tryLog.flush();
  }
  return !signal.aborted;
}

function logPath(baseLogFolder: string, { dagId, runId, task, isOfRun }: ClaimedCallback): string {
  if (isOfRun || task === null) return runCallbacksLogPath(baseLogFolder, { dagId, runId });
  return taskLogPath(baseLogFolder, { dagId, runId, ...task });
}

async function runInProcess(
  claimed: ClaimedCallback,
  version: LoadedVersion,
  { tryLog, secrets }: { tryLog: TryLog; secrets: ToldSecrets },
  effects: TryEffects,
  signal: AbortSignal,
): Promise<TryEnd | undefined> {
  const { db, box, lists, log, children, lastCall } = effects;
  const child = await takeUnlessAborted(children, version.codePath, signal);
  if (child === undefined) return undefined;
  const stop = (reason: string) => {
    tryLog.write("WARNING", reason);
    child.stop(reason);
  };
  const onAbort = () => stop("The worker is shutting down; the callback will be called anew elsewhere.");
  signal.addEventListener("abort", onAbort, { once: true });
  const timer = setTimeout(() => stop(`The callback took longer than ${LONGEST_MS / 1_000} s.`), LONGEST_MS);
  const asking = whoAsks(claimed);
  const order = makeOrder(claimed, version, effects.templates);
  const { conf, params } = order;
  secrets.addValues({ conf, params });
  const end = await child.run(order, {
    onLine: (stream, line) => tryLog.write(stream === "stdout" ? "INFO" : "ERROR", line),
    untilRoom: () => (tryLog.isFull ? tryLog.flush() : undefined),
    secrets,
    answer: async (question) => {
      const ask = () => answerQuestion(db, box, asking, question, lists);
      return learnSecrets(secrets, question, tellingOf(log, asking), () => untilWritten(ask, log, lastCall));
    },
  });
  clearTimeout(timer);
  signal.removeEventListener("abort", onAbort);
  children.give(child, end.kind === "ended" && end.leftover === undefined && !signal.aborted);
  return withShortReport(end, secrets);
}

function takeUnlessAborted(
  children: ChildPool,
  codePath: string,
  signal: AbortSignal,
): Promise<TaskProcess | undefined> {
  return new Promise((resolve, reject) => {
    const onAbort = () => resolve(undefined);
    signal.addEventListener("abort", onAbort, { once: true });
    children.take(codePath).then((child) => {
      signal.removeEventListener("abort", onAbort);
      if (signal.aborted) children.give(child, true);
      resolve(signal.aborted ? undefined : child);
    }, reject);
  });
}

function whoAsks({ id, dagRunId, dagVersionId, dagId, runId, task }: ClaimedCallback): Asking {
  return { id, dagRunId, dagVersionId, dagId, runId, taskId: task?.taskId ?? "", mapIndex: task?.mapIndex ?? -1 };
}

/** The run's params; none when its conf does not fit them, which may be the failure that is told of. */
function knownParams(claimed: ClaimedCallback, version: LoadedVersion, templates: TemplateEffects) {
  try {
    return paramsOf(claimed, version, version.tasks.get(claimed.task?.taskId ?? ""), templates);
  } catch {
    return {};
  }
}

function makeOrder(claimed: ClaimedCallback, version: LoadedVersion, templates: TemplateEffects): CallbackOrder {
  const { dagId, runId, isOfRun, event, reason, exception, runState, task, conf } = claimed;
  const { codePath } = version;
  return {
    ...{ codePath, dagId, runId, isOfRun, event, reason, exception, runState, conf },
    params: knownParams(claimed, version, templates),
    taskId: task?.taskId ?? "",
    mapIndex: task?.mapIndex ?? -1,
    tryNumber: task?.tryNumber ?? 0,
    logicalDate: isoDate(claimed.logicalDate),
    dataIntervalStart: isoDate(claimed.dataIntervalStart),
    dataIntervalEnd: isoDate(claimed.dataIntervalEnd),
    task: task && {
      maxTries: task.maxTries,
      state: task.state as TaskState,
      startDate: isoDate(task.startDate),
      endDate: isoDate(task.endDate),
    },
    endMark: `--- end of callback ${randomUUID()} ---`,
  };
}

function isoDate(date: Date | null): string | null {
  return date?.toISOString() ?? null;
}
