import type { TaskNode } from "#sdk/dag-graph.ts";
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
import { bindArguments } from "./bind-arguments.ts";
import { callEach, contextOfTry } from "./call-callbacks.ts";
import { checkMappable, isExpandedOver } from "./check-mappable.ts";
import { createClient } from "./client.ts";
import { createDagRuns } from "./dag-runs.ts";
import { describe } from "./describe-error.ts";
import { createHumanInput } from "./human-input.ts";
import { jsonText } from "./json-text.ts";
import { type LoadedTask, loadTask } from "./load-task.ts";
import type { Answer, Ending, Question, TryOrder } from "./messages.ts";
import { checkDeferral, resumeTask } from "./resume-task.ts";
import { createContext, dateOf } from "./task-context.ts";

/** Runs one try to its end; whatever goes wrong is in the ending. */
export async function runOrder(
  order: TryOrder,
  ask: (question: Question) => Promise<Answer>,
  signal: AbortSignal,
): Promise<Ending> {
  const now = clockFrom(new Date(order.databaseTime));
  try {
    const task = await loadTask(order.codePath, order.dagId, order.taskId);
    const client = createClient(ask);
    const { args } = await bindArguments({ ...task, mapIndex: order.mapIndex, ask }, signal);
    if (order.mapIndex >= 0 && task.node.spec.mapIndexTemplate !== undefined) {
      await ask({ about: "nameInstance", args: { ...args } });
    }
    const outlets = gatherOutletEvents(order.taskId, assetsOf(`task "${order.taskId}"`, task.node.spec, "outlets"));
    const result = await runInTaskScope(
      {
        context: createContext(order, signal, {
          outletEvents: outlets.outletEvents,
          hasMappedDependants: isExpandedOver(task.graph, task.node),
        }),
        client,
        dagRuns: createDagRuns(ask),
        humanInput: createHumanInput(ask),
        waitingSince: dateOf(order.waitingSince),
        now,
      },
      () => callWithHooks(order, task.node, args),
    );
    const decision = isDecider(task.node) ? decide(task.graph, task.node, result) : { value: result, skipped: [] };
    return succeed(order, task, decision, outlets.collect());
  } catch (error) {
    return describeFailure(error);
  }
}

/** A clock that goes on from a time, whatever becomes of this machine's. */
function clockFrom(time: Date): () => Date {
  const since = performance.now();
  return () => new Date(time.getTime() + performance.now() - since);
}

function succeed(
  { taskId, mapIndex, pushResult, maxMapLength }: TryOrder,
  task: LoadedTask,
  { value, skipped, followed }: Decision,
  assetEvents: readonly AssetEventToEmit[],
): Ending {
  // Of a mapped task null counts as no result, so that it is no item of the list of results (Airflow's rule).
  const pushed = pushResult && !(mapIndex >= 0 && value === null) ? value : undefined;
  checkMappable(task.graph, task.node, pushed, maxMapLength);
  return {
    kind: "success",
    ...(pushed !== undefined && { returnValue: jsonText(pushed, `The result of task "${taskId}"`) }),
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
