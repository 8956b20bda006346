import { argNamesOf } from "#sdk/arg-names.ts";
import type { Binding, TaskNode } from "#sdk/dag-graph.ts";
import { decide, isDecider } from "#sdk/decide.ts";
import { TaskDeferred } from "#sdk/defer.ts";
import {
  AirflowFailException,
  AirflowRescheduleException,
  AirflowSensorTimeout,
  AirflowSkipException,
} from "#sdk/errors.ts";
import { type Decision, isOperator } from "#sdk/operator.ts";
import { type AssetEventToEmit, gatherOutletEvents } from "#sdk/outlet-events.ts";
import { assetsOf } from "#sdk/serialize-assets.ts";
import { runInTaskScope } from "#sdk/task-scope.ts";
import { withRendered } from "#sdk/template-fields.ts";
import { argumentObject } from "./arguments.ts";
import { callEach, contextOfTry } from "./call-callbacks.ts";
import { createClient } from "./client.ts";
import { createDagRuns } from "./dag-runs.ts";
import { describe } from "./describe-error.ts";
import { jsonText } from "./json-text.ts";
import { loadTask } from "./load-task.ts";
import type { Answer, Ending, Question, TryOrder } from "./messages.ts";
import { checkDeferral, resumeTask } from "./resume-task.ts";
import { createContext, dateOf } from "./task-context.ts";

/** Runs one try to its end; whatever goes wrong is in the ending. */
export async function runOrder(
  order: TryOrder,
  ask: (question: Question) => Promise<Answer>,
  signal: AbortSignal,
): Promise<Ending> {
  try {
    const task = await loadTask(order.codePath, order.dagId, order.taskId);
    const client = createClient(ask);
    const args = await bindArguments(task.node, ask, signal);
    const outlets = gatherOutletEvents(order.taskId, assetsOf(`task "${order.taskId}"`, task.node.spec, "outlets"));
    const result = await runInTaskScope(
      {
        context: createContext(order, signal, outlets.outletEvents),
        client,
        dagRuns: createDagRuns(ask),
        waitingSince: dateOf(order.waitingSince),
      },
      () => callWithHooks(order, task.node, args),
    );
    const decision = isDecider(task.node) ? decide(task.graph, task.node, result) : { value: result, skipped: [] };
    return succeed(order, decision, outlets.collect());
  } catch (error) {
    return describeFailure(error);
  }
}

function succeed(
  { taskId, pushResult }: TryOrder,
  { value, skipped, followed }: Decision,
  assetEvents: readonly AssetEventToEmit[],
): Ending {
  const pushes = value !== undefined && pushResult;
  return {
    kind: "success",
    ...(pushes && { returnValue: jsonText(value, `The result of task "${taskId}"`) }),
    ...((skipped.length > 0 || followed !== undefined) && { skipped }),
    ...(followed !== undefined && { followed }),
    ...(assetEvents.length > 0 && { assetEvents }),
  };
}

async function callWithHooks(
  order: TryOrder,
  task: TaskNode,
  args: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const { onExecuteCallback, preExecute, postExecute } = task.spec;
  if (!onExecuteCallback && !preExecute && !postExecute) return callTask(task, args, order);
  const context = contextOfTry(order);
  await callEach(onExecuteCallback, "on_execute_callback", context);
  await preExecute?.(context);
  const result = await callTask(task, args, order);
  await postExecute?.(context, result);
  return result;
}

async function callTask(
  task: TaskNode,
  args: Readonly<Record<string, unknown>>,
  { resume, rendered = {} }: TryOrder,
): Promise<unknown> {
  const { run } = task;
  try {
    if (!isOperator(run)) return await (resume === null ? run(args as never) : resumeTask(task, resume, args, {}));
    const fields = withRendered(run.templateFields ?? {}, rendered);
    if (resume !== null) return await resumeTask(task, resume, args, fields);
    return await run.execute(args as never, fields);
  } catch (error) {
    throw isNamed(error, TaskDeferred) ? checkDeferral(task, error) : error;
  }
}

async function bindArguments(
  { bindings = [], run }: TaskNode,
  ask: (question: Question) => Promise<Answer>,
  signal: AbortSignal,
): Promise<Readonly<Record<string, unknown>>> {
  try {
    const values = await pullArguments(bindings, ask, signal);
    return argumentObject(values, (message) => console.warn(message), argNamesOf(run));
  } catch (error) {
    console.error("Cannot bind this task's call arguments");
    throw error;
  }
}

async function pullArguments(
  bindings: readonly Binding[],
  ask: (question: Question) => Promise<Answer>,
  signal: AbortSignal,
): Promise<Map<string, unknown>> {
  const entries = await Promise.all(
    bindings.map(async (binding): Promise<[string, unknown]> => {
      if (binding.kind === "literal") return [binding.name, binding.value ?? null];
      if (binding.kind !== "xcom") throw new Error(`Task argument "${binding.name}" cannot be bound`);
      const opts = { key: "return_value", taskId: binding.taskId, mapIndex: null };
      const text = (await ask({ about: "getXCom", opts })) as string | null;
      if (text !== null) return [binding.name, JSON.parse(text)];
      throw new Error(
        `Task argument "${binding.name}" takes the output of upstream task "${binding.taskId}", which pushed no ` +
          "return_value XCom; a task that returns nothing pushes none",
      );
    }),
  );
  if (signal.aborted) {
    throw new Error(`Aborted while resolving this task's arguments from its upstream tasks: ${signal.reason}`);
  }
  return new Map(entries);
}

function describeFailure(error: unknown): Ending {
  if (isNamed(error, TaskDeferred)) return { kind: "deferred", deferral: error.deferral };
  if (isNamed(error, AirflowRescheduleException)) {
    return { kind: "rescheduled", inSeconds: (error.rescheduleDate.getTime() - Date.now()) / 1_000 };
  }
  if (isNamed(error, AirflowSkipException)) return { kind: "skipped", message: error.message };
  return {
    kind: "failed",
    stack: describe(error),
    mayRetry: !isNamed(error, AirflowFailException) && !isNamed(error, AirflowSensorTimeout),
  };
}

/** By name as well as by class: a DAG file may have been bundled with a copy of the SDK. */
function isNamed<E extends Error>(error: unknown, type: new (...args: never[]) => E): error is E {
  return error instanceof type || (error instanceof Error && error.name === type.name);
}
