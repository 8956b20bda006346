import { isoDate } from "#sdk/iso-date.ts";
import type { TaskContext } from "#sdk/task-scope.ts";
import type { Order, TryOrder } from "./messages.ts";

/** What the code of the DAG file knows of a task, and the order to run it does not. */
type OfTask = Pick<TaskContext, "outletEvents" | "hasMappedDependants">;

/** What `getContext()` returns while an order is carried out. */
export function createContext(order: Order, signal: AbortSignal, ofTask: OfTask): TaskContext {
  const logicalDate = dateOf(order.logicalDate);
  return Object.freeze({
    dagId: order.dagId,
    taskId: order.taskId,
    runId: order.runId,
    tryNumber: order.tryNumber,
    mapIndex: order.mapIndex,
    signal,
    hasMappedDependants: ofTask.hasMappedDependants,
    logicalDate,
    ds: logicalDate?.toISOString().slice(0, 10) ?? null,
    ts: logicalDate === null ? null : isoDate(logicalDate),
    dataIntervalStart: dateOf(order.dataIntervalStart),
    dataIntervalEnd: dateOf(order.dataIntervalEnd),
    conf: order.conf,
    params: order.params,
    templatesDict: templatesDictOf(order),
    outletEvents: ofTask.outletEvents,
  });
}

function templatesDictOf(order: Order): TaskContext["templatesDict"] {
  const { templates_dict: templatesDict } = (order as Partial<TryOrder>).rendered ?? {};
  return (templatesDict as TaskContext["templatesDict"]) ?? null;
}

/** A date as orders carry it. */
export function dateOf(iso: string | null): Date | null {
  return iso === null ? null : new Date(iso);
}
