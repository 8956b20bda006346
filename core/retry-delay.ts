import { createHash } from "node:crypto";

/** Airflow's `[core] max_task_retry_delay`: a day. */
const LONGEST_SECONDS = 86_400;

export interface RetryRule {
  /** Seconds. */
  readonly retryDelay: number;
  /** What the delay is multiplied by after each failed try; 0 means a constant delay. */
  readonly backoff: number;
  /** Seconds; no limit of its own when absent. */
  readonly maxRetryDelay?: number;
}

export interface FailedTry {
  readonly dagId: string;
  readonly taskId: string;
  readonly logicalDate: Date | null;
  /** The number of the try that failed, from 1. */
  readonly tryNumber: number;
}

/**
 * Seconds between the end of a failed try and the next one (Airflow's `TaskInstance.next_retry_datetime`). With
 * backoff, the delay grows with each try, and a jitter of up to as much again, always the same for the same try,
 * keeps tasks that failed together apart.
 */
export function retryDelaySeconds(rule: RetryRule, failed: FailedTry): number {
  if (rule.backoff <= 0) return rule.retryDelay;
  const grown = Math.min(rule.retryDelay * rule.backoff ** (failed.tryNumber - 1), LONGEST_SECONDS);
  const least = Math.max(1, Math.ceil(grown));
  const delay = least + jitter(failed, least);
  return Math.min(delay, LONGEST_SECONDS, rule.maxRetryDelay ?? LONGEST_SECONDS);
}

function jitter({ dagId, taskId, logicalDate, tryNumber }: FailedTry, below: number): number {
  const seed = `${dagId}#${taskId}#${pythonDate(logicalDate)}#${tryNumber + 1}`;
  const hash = createHash("sha1").update(seed).digest("hex");
  return Number(BigInt(`0x${hash}`) % BigInt(below));
}

/** A date as Python's `str` writes it, because the hash is of that text. */
function pythonDate(date: Date | null): string {
  if (date === null) return "None";
  const [day, time] = date.toISOString().split("T") as [string, string];
  const milliseconds = date.getUTCMilliseconds();
  const fraction = milliseconds === 0 ? "" : `.${String(milliseconds).padStart(3, "0")}000`;
  return `${day} ${time.slice(0, 8)}${fraction}+00:00`;
}
