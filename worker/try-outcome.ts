import type { ClaimedTry, TryOutcome } from "#core/database/tries.ts";
import { retryDelaySeconds } from "#core/retry-delay.ts";
import type { SerializedTaskFields } from "#sdk/serialized-dag.ts";
import type { TryEnd } from "./task-process.ts";

/** Airflow's defaults for what a serialized task leaves out. */
const RETRY_DELAY_SECONDS = 300;

/** What becomes of a try, with what its log says about it. */
export interface Verdict {
  readonly outcome: TryOutcome;
  /** An explanation for the log; absent after success. */
  readonly complaint?: string;
  /** What went wrong, for callbacks. @default the complaint */
  readonly exception?: string;
  readonly exitCode: number;
}

/** The outcome of a try that ended by itself: its handler returned or threw, or its process died. */
export function judgeEnd(claimed: ClaimedTry, task: SerializedTaskFields, end: TryEnd): Verdict {
  if (end.kind === "died")
    return judgeFailure(claimed, task, { complaint: describeDeath(end), exitCode: end.exitCode });
  const { ending } = end;
  if (ending.kind === "success") {
    const { kind: state, ...results } = ending;
    return { outcome: { id: claimed.id, state, ...results }, exitCode: 0 };
  }
  if (ending.kind === "skipped") {
    return { outcome: { id: claimed.id, state: "skipped" }, complaint: ending.message || "Skipped.", exitCode: 0 };
  }
  if (ending.kind === "rescheduled") {
    return {
      outcome: { id: claimed.id, state: "up_for_reschedule", dueIn: Math.max(0, ending.inSeconds) },
      exitCode: 0,
    };
  }
  if (ending.kind === "deferred") {
    return { outcome: { id: claimed.id, state: "deferred", deferral: ending.deferral }, exitCode: 0 };
  }
  return judgeFailure(claimed, task, {
    complaint: `Task failed with exception\n${ending.stack}`,
    exception: ending.stack,
    mayRetry: ending.mayRetry,
  });
}

/** The outcome of a failure: another try when one is left. */
export function judgeFailure(
  claimed: ClaimedTry,
  task: SerializedTaskFields | undefined,
  failure: { complaint: string; exception?: string; mayRetry?: boolean; exitCode?: number | null },
): Verdict {
  const { complaint, exception, mayRetry = true, exitCode } = failure;
  const report = { complaint, exception, exitCode: exitCode || 1 };
  if (!mayRetry || claimed.tryNumber > claimed.maxTries)
    return { outcome: { id: claimed.id, state: "failed" }, ...report };
  const dueIn = retryDelaySeconds(
    {
      retryDelay: task?.retry_delay ?? RETRY_DELAY_SECONDS,
      // `true` is how Airflow 2 wrote a multiplier of 2.
      backoff:
        (task?.retry_exponential_backoff as number | boolean | undefined) === true
          ? 2
          : (task?.retry_exponential_backoff ?? 0),
      maxRetryDelay: task?.max_retry_delay,
    },
    claimed,
  );
  return { outcome: { id: claimed.id, state: "up_for_retry", dueIn }, ...report };
}

function describeDeath({ exitCode, signal }: Extract<TryEnd, { kind: "died" }>): string {
  if (signal === "SIGKILL") {
    return "The task's process was killed by SIGKILL before the task ended. The system may have run out of memory.";
  }
  if (signal === "SIGABRT") {
    return "The task's process aborted before the task ended; the lines above may say why (such as a full JavaScript heap).";
  }
  if (signal !== null) return `The task's process was killed by ${signal} before the task ended.`;
  return `The task's process exited with code ${exitCode} before the task ended.`;
}
