import type { LogAnswer, LogLine } from "../../../protocol.ts";
import { getJson, HttpError } from "../http.ts";
import { type TaskKey, taskPath } from "../queries.ts";

/** How often a log that may grow is read on, in milliseconds. */
const FOLLOW_MS = 1_000;

/** Reads a try's log to its end, and on while the try runs, until the signal aborts. */
export async function followLog(
  task: TaskKey,
  tryNumber: number,
  to: {
    onLines: (lines: readonly LogLine[]) => void;
    onStatus: (status: "following" | "ended") => void;
    onProblem: (message: string | undefined) => void;
  },
  signal: AbortSignal,
): Promise<void> {
  let token: string | null = "";
  while (token !== null && !signal.aborted) {
    const query: string = `map_index=${task.mapIndex}${token === "" ? "" : `&token=${encodeURIComponent(token)}`}`;
    try {
      const answer: LogAnswer = await getJson(`${taskPath(task)}/logs/${tryNumber}?${query}`, signal);
      if (signal.aborted) return;
      if (answer.content.length > 0) to.onLines(answer.content);
      to.onStatus(answer.continuation_token === null ? "ended" : "following");
      to.onProblem(undefined);
      const isAtEnd = answer.content.length === 0;
      token = answer.continuation_token;
      if (token !== null && isAtEnd) await wait(FOLLOW_MS, signal);
    } catch (error) {
      if (signal.aborted) return;
      to.onProblem((error as Error).message);
      if (error instanceof HttpError && error.status < 500) return to.onStatus("ended");
      await wait(FOLLOW_MS, signal);
    }
  }
}

function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
