import { findXComRow } from "#core/database/console-xcoms.ts";
import { findRunState } from "#core/database/dag-runs.ts";
import { pauseFor } from "#core/duty.ts";
import { jsonWithoutPasswords, maskSecrets } from "#core/secrets/mask-secrets.ts";
import { ApiError, invalid } from "../api-error.ts";
import type { Call, Handler } from "../call.ts";
import { runOf } from "../find-or-404.ts";
import { readString, readStrings } from "../read-query.ts";

/**
 * Answers with a line of JSON each `interval` seconds that says the run's state, until it has ended; the last one has the
 * results of the tasks that `result` names.
 */
export const waitForDagRun: Handler = async (call): Promise<void> => {
  const { server, response } = call;
  const run = await runOf(call);
  const interval = readInterval(call);
  const tasks = readStrings(call.query, "result");
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const signal = AbortSignal.any([gone.signal, server.signal]);
  response.type("application/x-ndjson");
  for (;;) {
    const state = await findRunState(server.db, run.dag_id, run.run_id);
    if (state === null) throw new ApiError(404, `The run ${run.run_id} was deleted`);
    const hasEnded = state === "success" || state === "failed";
    const results = hasEnded && tasks.length > 0 ? { results: await resultsOf(call, run.id, tasks) } : {};
    response.write(`${jsonWithoutPasswords({ state, ...results })}\n`);
    if (hasEnded) break;
    await pauseFor(interval * 1_000, signal);
    if (signal.aborted) break;
  }
  response.end();
};

function readInterval({ query }: Call): number {
  const text = readString(query, "interval");
  if (text === undefined) throw invalid(["query", "interval"], "missing", "Field required", null);
  const seconds = Number(text);
  if (seconds > 0 && seconds <= 86_400) return seconds;
  throw invalid(["query", "interval"], "greater_than", "Input should be greater than 0, and at most a day", text);
}

async function resultsOf(
  { server }: Call,
  dagRunId: number,
  tasks: readonly string[],
): Promise<Record<string, unknown>> {
  const results: Record<string, unknown> = {};
  for (const taskId of tasks) {
    const xcom = await findXComRow(server.db, { dagRunId, taskId, mapIndex: -1, key: "return_value" });
    results[taskId] = maskSecrets(xcom?.value ?? null, taskId);
  }
  return results;
}
