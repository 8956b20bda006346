import type { ConnectionResult, TaskClient } from "#sdk/client.ts";
import { ConnectionNotFoundError } from "#sdk/errors.ts";
import type { Operator } from "#sdk/operator.ts";
import { gatherOutletEvents } from "#sdk/outlet-events.ts";
import { runInTaskScope, type TaskContext } from "#sdk/task-scope.ts";

export interface OperatorRun {
  /** What the task is called with. */
  readonly inputs?: object;
  readonly connections?: readonly ConnectionResult[];
  readonly signal?: AbortSignal;
  /** What its templates became. @default the templates themselves */
  readonly rendered?: object;
}

/** Runs an operator as the process of a task would, without a worker behind it. */
export async function runOperator(
  operator: Operator<never, unknown>,
  { inputs, connections = [], signal = new AbortController().signal, rendered }: OperatorRun = {},
): Promise<unknown> {
  const context: TaskContext = {
    dagId: "dag",
    taskId: "task",
    runId: "run",
    tryNumber: 1,
    mapIndex: -1,
    hasMappedDependants: false,
    signal,
    logicalDate: null,
    ds: null,
    ts: null,
    dataIntervalStart: null,
    dataIntervalEnd: null,
    conf: {},
    params: {},
    templatesDict: null,
    outletEvents: gatherOutletEvents("task", []).outletEvents,
  };
  const client = {
    async getConnectionOrThrow(connId: string) {
      const found = connections.find(({ id }) => id === connId);
      if (found === undefined) throw new ConnectionNotFoundError(connId);
      return found;
    },
  } as TaskClient;
  const scope = { context, client, waitingSince: null } as Parameters<typeof runInTaskScope>[0];
  return runInTaskScope(scope, async () =>
    operator.execute(inputs as never, { ...operator.templateFields, ...rendered }),
  );
}
