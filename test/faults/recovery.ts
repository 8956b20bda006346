import { groupBy } from "./group-by.ts";
import type { Execution } from "./ledger.ts";

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
