import type { ExternalStates, ExternalTarget } from "../dag-runs.ts";
import type { SerializedTrigger } from "./trigger.ts";

export interface DagRunTriggerOptions {
  readonly dagId: string;
  readonly runIds: readonly string[];
  /** The states of which each run has to have one. */
  readonly states: readonly string[];
}

/** Waits until runs have one of some states; resumes with the state of each by its id (Airflow's DagStateTrigger). */
export function dagRunTrigger({ dagId, runIds, states }: DagRunTriggerOptions): SerializedTrigger {
  return { kind: "dag_run", kwargs: { dagId, runIds: [...runIds], states: [...states] } };
}

/** Which states of what it waits for end a wait, and how. */
export interface ExternalStateRule {
  readonly allowedStates: readonly string[];
  readonly skippedStates: readonly string[];
  readonly failedStates: readonly string[];
}

export interface ExternalTaskTriggerOptions extends ExternalStateRule {
  readonly dagId: string;
  /** The logical dates of the runs. */
  readonly logicalDates: readonly Date[];
  /** Null: the runs themselves. */
  readonly taskIds: readonly string[] | null;
}

/** Waits for tasks of other runs, or for the runs; resumes with `success`, `skipped` or `failed` (WorkflowTrigger). */
export function externalTaskTrigger(options: ExternalTaskTriggerOptions): SerializedTrigger {
  const { dagId, logicalDates, taskIds, allowedStates, skippedStates, failedStates } = options;
  return {
    kind: "external_task",
    kwargs: {
      dagId,
      logicalDates: logicalDates.map((date) => date.toISOString()),
      taskIds: taskIds && [...taskIds],
      allowedStates: [...allowedStates],
      skippedStates: [...skippedStates],
      failedStates: [...failedStates],
    },
  };
}

/** What a trigger has to know of other runs. */
export function targetOf({ kind, kwargs }: SerializedTrigger): ExternalTarget {
  return {
    dagId: kwargs.dagId as string,
    runIds: kind === "dag_run" ? (kwargs.runIds as string[]) : [],
    logicalDates: kind === "dag_run" ? [] : (kwargs.logicalDates as string[]),
    taskIds: kind === "dag_run" ? null : (kwargs.taskIds as string[] | null),
  };
}

/** The event of a trigger that waits for other runs, or undefined: not yet. */
export function judgeExternal({ kind, kwargs }: SerializedTrigger, found: ExternalStates) {
  if (kind === "external_task")
    return judgeStates(kwargs as unknown as ExternalStateRule, targetOf({ kind, kwargs }), found);
  const states = new Map(found.runs.map(({ runId, state }) => [runId, state]));
  const wanted = kwargs.states as string[];
  const runIds = kwargs.runIds as string[];
  const isOver = runIds.every((runId) => wanted.includes(states.get(runId) ?? ""));
  return isOver ? Object.fromEntries(runIds.map((runId) => [runId, states.get(runId)!])) : undefined;
}

/**
 * How waiting for other runs or their tasks ends (Airflow's ExternalTaskSensor.poke): one that failed fails it, one
 * to be skipped with skips it, and it succeeds when all of all dates are allowed. Undefined: not yet.
 */
export function judgeStates(
  rule: ExternalStateRule,
  { logicalDates, taskIds }: ExternalTarget,
  { runs }: ExternalStates,
): "success" | "skipped" | "failed" | undefined {
  const states = runs.flatMap((run) => (taskIds === null ? [run.state] : run.taskStates));
  if (states.some((state) => rule.failedStates.includes(state))) return "failed";
  if (states.some((state) => rule.skippedStates.includes(state))) return "skipped";
  // A group that is not there yet.
  if (taskIds?.length === 0) return undefined;
  const expected = logicalDates.length * (taskIds?.length ?? 1);
  const allowed = states.filter((state) => rule.allowedStates.includes(state)).length;
  // A mapped task counts with each of its instances.
  return runs.length === logicalDates.length && allowed >= expected && allowed === states.length
    ? "success"
    : undefined;
}
