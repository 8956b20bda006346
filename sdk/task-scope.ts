import { AsyncLocalStorage } from "node:async_hooks";
import type { TaskClient } from "./client.ts";
import type { DagRuns } from "./dag-runs.ts";
import type { HumanInput } from "./human-input.ts";
import type { OutletEvents } from "./outlet-events.ts";

/** The task instance that is running. */
export interface TaskContext {
  readonly dagId: string;
  readonly taskId: string;
  readonly runId: string;
  /** 1 for the first try. */
  readonly tryNumber: number;
  /** -1 for an unmapped task. */
  readonly mapIndex: number;
  /** Whether other tasks, or groups, are expanded over the task's result. */
  readonly hasMappedDependants: boolean;
  /** Aborted when the try is killed or times out. */
  readonly signal: AbortSignal;
  /** The run's logical date, or null for a run without one. */
  readonly logicalDate: Date | null;
  readonly dataIntervalStart: Date | null;
  readonly dataIntervalEnd: Date | null;
  /** The logical date's day in UTC, `2024-01-31`; null for a run without one. */
  readonly ds: string | null;
  /** The logical date as Airflow writes it, `2024-01-31T00:00:00+00:00`; null for a run without one. */
  readonly ts: string | null;
  /** What the run was triggered with. */
  readonly conf: Readonly<Record<string, unknown>>;
  /** The values of the DAG's and the task's params, with what the run was triggered with in place of defaults. */
  readonly params: Readonly<Record<string, unknown>>;
  /** The task's `templatesDict` with what its templates became; null when it has none. */
  readonly templatesDict: Readonly<Record<string, unknown>> | null;
  /** What the events of the task's outlets will say, once it succeeds. */
  readonly outletEvents: OutletEvents;
}

export interface TaskScope {
  readonly context: TaskContext;
  readonly client: TaskClient;
  readonly dagRuns: DagRuns;
  readonly humanInput: HumanInput;
  /** When the first execution began after which the task waited; null when it never has. */
  readonly waitingSince: Date | null;
  /** The time as the database has it. @default this machine's */
  readonly now?: () => Date;
}

const SCOPE = Symbol.for("airflow.ts-sdk.task-scope");
const holder = globalThis as unknown as Record<symbol, AsyncLocalStorage<TaskScope> | undefined>;
holder[SCOPE] ??= new AsyncLocalStorage<TaskScope>();
const storage = holder[SCOPE];

/** Runs a handler with its task scope in place, across awaits and nested helpers. For the process that runs tasks. */
export function runInTaskScope<R>(scope: TaskScope, run: () => R): R {
  return storage.run(scope, run);
}

function currentScope(caller: string): TaskScope {
  const scope = storage.getStore();
  if (scope !== undefined) return scope;
  throw new Error(
    `${caller} is only available inside a task handler. The scope is in place only for the duration of the handler ` +
      "call, so this ran either at module top level or in work that outlived it.",
  );
}

/** The running task instance; throws outside a task handler. */
export function getContext(): TaskContext {
  return currentScope("getContext()").context;
}

/** Variables, connections and XComs; throws outside a task handler. */
export function getClient(): TaskClient {
  return currentScope("getClient()").client;
}

/** Runs of other DAGs, for operators; throws outside a task. */
export function getDagRuns(): DagRuns {
  return currentScope("getDagRuns()").dagRuns;
}

/** When a sensor began to wait, in whatever process and try; null in its first execution since it was cleared. */
export function getWaitingSince(): Date | null {
  return currentScope("getWaitingSince()").waitingSince;
}

/**
 * The time as the database has it, for what is compared with its dates: this machine's clock may be wrong, or jump. Outside
 * a task handler it is this machine's.
 */
export function currentTime(): Date {
  return storage.getStore()?.now?.() ?? new Date();
}

/** The running task's question to a human, for operators; throws outside a task. */
export function getHumanInput(): HumanInput {
  return currentScope("getHumanInput()").humanInput;
}
