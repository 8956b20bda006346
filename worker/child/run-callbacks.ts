import { gatherOutletEvents } from "#sdk/outlet-events.ts";
import { runInTaskScope } from "#sdk/task-scope.ts";
import { callCallbacks, makeContext } from "./call-callbacks.ts";
import { createClient } from "./client.ts";
import { createDagRuns } from "./dag-runs.ts";
import { describe } from "./describe-error.ts";
import { createHumanInput } from "./human-input.ts";
import { loadDag } from "./load-task.ts";
import type { Answer, CallbackOrder, Ending, Question } from "./messages.ts";
import { createContext } from "./task-context.ts";

/** Calls the callbacks of a task or a run for what has happened; only code that cannot be loaded is a failure. */
export async function runCallbacks(
  order: CallbackOrder,
  ask: (question: Question) => Promise<Answer>,
  signal: AbortSignal,
): Promise<Ending> {
  try {
    const spec = await loadSpec(order);
    const asker = {
      client: createClient(ask),
      dagRuns: createDagRuns(ask),
      humanInput: createHumanInput(ask),
      waitingSince: null,
    };
    // Nothing that callbacks do makes an asset newer, or is expanded over.
    const { outletEvents } = gatherOutletEvents(order.taskId, []);
    const context = createContext(order, signal, { outletEvents, hasMappedDependants: false });
    await runInTaskScope({ context, ...asker }, () => callCallbacks(spec, order.event, makeContext(order, order)));
    return { kind: "success" };
  } catch (error) {
    return { kind: "failed", stack: describe(error), mayRetry: false };
  }
}

async function loadSpec({ codePath, dagId, taskId, isOfRun }: CallbackOrder): Promise<object> {
  const { dag, graph } = await loadDag(codePath, dagId);
  if (isOfRun) return dag.spec;
  const node = graph.nodes.get(taskId);
  return node?.kind === "task" ? node.spec : {};
}
