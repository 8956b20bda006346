import type { OutletEvents } from "#sdk/outlet-events.ts";
import type { TaskContext } from "#sdk/task-scope.ts";
import type { Order, TryOrder } from "./messages.ts";

/** What `getContext()` returns while an order is carried out. */
export function createContext(order: Order, signal: AbortSignal, outletEvents: OutletEvents): TaskContext {
  return Object.freeze({
    dagId: order.dagId,
    taskId: order.taskId,
    runId: order.runId,
    tryNumber: order.tryNumber,
    mapIndex: order.mapIndex,
    signal,
    logicalDate: dateOf(order.logicalDate),
    dataIntervalStart: dateOf(order.dataIntervalStart),
    dataIntervalEnd: dateOf(order.dataIntervalEnd),
    conf: order.conf,
    params: order.params,
    templatesDict: templatesDictOf(order),
    outletEvents,
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
