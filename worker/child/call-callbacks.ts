import {
  type CallbackContext,
  type CallbackDagRun,
  type Callbacks,
  type CallbackTaskInstance,
  callbackList,
} from "#sdk/callbacks.ts";
import type { CallbackEvent, CallbackOrder, Order, TryOrder } from "./messages.ts";
import { dateOf } from "./task-context.ts";

/** The option of each event's callbacks, with its name in Airflow. */
const OPTIONS = {
  success: ["onSuccessCallback", "on_success_callback"],
  failure: ["onFailureCallback", "on_failure_callback"],
  retry: ["onRetryCallback", "on_retry_callback"],
  skipped: ["onSkippedCallback", "on_skipped_callback"],
} as const satisfies Record<CallbackEvent, readonly [string, string]>;

/** What callbacks and hooks of a try that runs are told. */
export function contextOfTry(order: TryOrder): CallbackContext {
  const startDate = new Date().toISOString();
  const task = { maxTries: order.maxTries, state: "running", startDate, endDate: null } as const;
  return makeContext(order, { runState: "running", task, reason: null, exception: null });
}

/**
 * Calls what a spec names for an event, one after the other. One that throws is logged, and the next one is called:
 * nothing that callbacks do changes a state.
 */
export async function callCallbacks(spec: object, event: CallbackEvent, context: CallbackContext): Promise<void> {
  const [option, name] = OPTIONS[event];
  await callEach((spec as Record<string, Callbacks | undefined>)[option], name, context);
}

/** Calls callbacks one after the other; see {@link callCallbacks}. @param name Airflow's, for the log */
export async function callEach(
  callbacks: Callbacks | undefined,
  name: string,
  context: CallbackContext,
): Promise<void> {
  for (const [index, callback] of callbackList(callbacks).entries()) {
    try {
      await callback(context);
    } catch (error) {
      console.error(`Failed to run callback ${name}[${index}]`);
      console.error(error);
    }
  }
}

/** What callbacks are told. */
export function makeContext(
  order: Order,
  { runState, task, reason, exception }: Pick<CallbackOrder, "runState" | "task" | "reason" | "exception">,
): CallbackContext {
  const { dagId, runId, taskId, mapIndex, tryNumber, conf } = order;
  const dagRun: CallbackDagRun = {
    dagId,
    runId,
    state: runState,
    logicalDate: dateOf(order.logicalDate),
    dataIntervalStart: dateOf(order.dataIntervalStart),
    dataIntervalEnd: dateOf(order.dataIntervalEnd),
    conf,
  };
  const taskInstance: CallbackTaskInstance | null =
    task === null
      ? null
      : {
          ...{ dagId, runId, taskId, mapIndex, tryNumber },
          ...{ maxTries: task.maxTries, state: task.state },
          startDate: dateOf(task.startDate),
          endDate: dateOf(task.endDate),
        };
  return Object.freeze({ dag: { dagId }, dagRun, taskInstance, reason, exception });
}
