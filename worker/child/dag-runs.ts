import type { DagOutline, DagRuns, ExternalStates, LatestWindow } from "#sdk/dag-runs.ts";
import type { DagRunState } from "#sdk/states.ts";
import type { Answer, Question } from "./messages.ts";

/** The runs of other DAGs, as operators see them: every call is a question to the worker. */
export function createDagRuns(ask: (question: Question) => Promise<Answer>): DagRuns {
  return {
    async trigger({ logicalDate, runAfter, ...run }) {
      const dates = { logicalDate: logicalDate?.toISOString() ?? null, runAfter: runAfter?.toISOString() ?? null };
      return (await ask({ about: "triggerDagRun", run: { ...run, ...dates } })) as string | null;
    },
    async state(dagId, runId) {
      return (await ask({ about: "getDagRunState", dagId, runId })) as DagRunState | null;
    },
    async states(target) {
      return JSON.parse((await ask({ about: "getExternalStates", target })) as string) as ExternalStates;
    },
    async outline(dagId) {
      return JSON.parse((await ask({ about: "getDagOutline", dagId })) as string) as DagOutline | null;
    },
    async isPaused(dagId) {
      return (await ask({ about: "isDagPaused", dagId })) as boolean;
    },
    async latestWindow() {
      return JSON.parse((await ask({ about: "latestWindow" })) as string) as LatestWindow;
    },
  };
}
