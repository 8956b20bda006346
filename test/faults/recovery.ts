import type { ChildProcess } from "node:child_process";
import type { Recovery } from "./fault.ts";
import { groupBy } from "./group-by.ts";
import type { Execution } from "./ledger.ts";

/** Recovery is the longest time from now on in which nothing starts. */
export function silence(): Recovery {
  const since = Date.now();
  return ({ executions }) => [longestSilence(executions, since)];
}

/** Recovery is the time until what a worker had begun starts again. */
export function startsAgain(worker: ChildProcess, since: number): Recovery {
  return ({ executions }) => timesToStartAgain(executions, worker.pid!, since);
}

/** Milliseconds from a worker's death, or pause, to the next tries of what it had begun and not reported. */
export function timesToStartAgain(executions: readonly Execution[], worker: number, diedAt: number): number[] {
  const byInstance = groupBy(executions, ({ run, taskId, mapIndex }) => `${run} ${taskId} ${mapIndex}`);
  return [...byInstance.values()].flatMap((own) =>
    own.flatMap((lost, index) => {
      const next = own[index + 1];
      const isNextTry = next !== undefined && next.tryNumber > lost.tryNumber && next.from > diedAt;
      return lost.worker === worker && isNextTry ? [next.from - diedAt] : [];
    }),
  );
}

/** The longest time, in milliseconds, in which nothing started after a moment, while there was more to start. */
export function longestSilence(executions: readonly Execution[], since: number): number {
  const starts = [since, ...executions.map(({ from }) => from).filter((from) => from > since)];
  return Math.max(...starts.slice(1).map((start, index) => start - starts[index]!), 0);
}

/** What was measured, in words: the middle, the 95th and 99th percentile and the most, in seconds. */
export function describeTimes(milliseconds: readonly number[], { what, seconds }: { what: string; seconds: number }) {
  if (milliseconds.length === 0) return `recovery: nothing to recover (${what}; to reach: ${seconds} s)`;
  const sorted = [...milliseconds].sort((one, other) => one - other);
  const at = (share: number) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]! / 1_000).toFixed(2);
  const figures = `p50 ${at(0.5)} s, p95 ${at(0.95)} s, p99 ${at(0.99)} s, most ${at(1)} s of ${sorted.length}`;
  const verdict = sorted.at(-1)! <= seconds * 1_000 ? "reached" : "NOT reached on this machine now";
  return `recovery: ${figures} (${what}; to reach: ${seconds} s, ${verdict})`;
}
