import type { AssetAddress } from "#sdk/asset-state.ts";
import type { ConnectionResult, GetXComOpts, SetXComOpts } from "#sdk/client.ts";
import type { ExternalTarget, RunToTrigger } from "#sdk/dag-runs.ts";
import type { TaskDeferred } from "#sdk/defer.ts";
import type { DefaultAnswer } from "#sdk/human-input.ts";
import { isPlainObject, type JsonValue } from "#sdk/json.ts";
import type { AssetEventToEmit } from "#sdk/outlet-events.ts";
import type { DagRunState, TaskState } from "#sdk/states.ts";

/** What a task process needs for whatever it does. Ids are for the author's context only: the worker knows them. */
export interface Order {
  /** The bundle to import. */
  readonly codePath: string;
  readonly dagId: string;
  readonly runId: string;
  readonly taskId: string;
  readonly mapIndex: number;
  readonly tryNumber: number;
  /** ISO dates. */
  readonly logicalDate: string | null;
  readonly dataIntervalStart: string | null;
  readonly dataIntervalEnd: string | null;
  readonly conf: Readonly<Record<string, unknown>>;
  readonly params: Readonly<Record<string, unknown>>;
  /** Written to standard output and standard error behind the last line of the try. */
  readonly endMark: string;
}

/** What a task process needs to run one try. */
export interface TryOrder extends Order {
  /** ISO date: the time as the database has it when the order is given. */
  readonly databaseTime: string;
  readonly maxTries: number;
  readonly pushResult: boolean;
  /** ISO date: when the first execution began after which the task waited. */
  readonly waitingSince: string | null;
  /** What goes on after a deferral; null: the task starts from the beginning. */
  readonly resume: {
    readonly method: string;
    readonly kwargs: Readonly<Record<string, unknown>>;
    readonly event: unknown;
  } | null;
  /** The task's template fields as they are for this try, by their serialized names; absent when it has none. */
  readonly rendered?: Readonly<Record<string, unknown>>;
  /** `[core] max_map_length`: the longest list that tasks may be expanded over. */
  readonly maxMapLength: number;
}

/** What a task process needs to call callbacks that an outcome called for, instead of running a try. */
export interface CallbackOrder extends Order {
  /** Whether they are the run's and not the task's. */
  readonly isOfRun: boolean;
  readonly event: CallbackEvent;
  readonly reason: string | null;
  readonly exception: string | null;
  readonly runState: DagRunState;
  /** Null when no task instance belongs to them. */
  readonly task: CallbackTaskState | null;
}

/** What callbacks are told of the task instance, besides its ids. */
export interface CallbackTaskState {
  readonly maxTries: number;
  readonly state: TaskState;
  /** ISO dates. */
  readonly startDate: string | null;
  readonly endDate: string | null;
}

export type CallbackEvent = "success" | "failure" | "retry" | "skipped";

/** What a running task asks the worker for; JSON values travel as text. */
export type Question =
  | { readonly about: "getXCom"; readonly opts: GetXComOpts }
  | { readonly about: "setXCom"; readonly opts: Omit<SetXComOpts, "value">; readonly value: string }
  | { readonly about: "getVariable"; readonly key: string }
  | {
      readonly about: "setVariable";
      readonly key: string;
      readonly value: string;
      readonly description: string | null;
    }
  | { readonly about: "deleteVariable"; readonly key: string }
  | { readonly about: "getConnection"; readonly connId: string }
  /** Remembered before anything that the task writes after the answer. */
  | { readonly about: "maskSecret"; readonly secret: JsonValue; readonly name: string | null }
  | { readonly about: "latestWindow" }
  /** Has an instance of a mapped task named after its template. */
  | { readonly about: "nameInstance"; readonly args: Readonly<Record<string, unknown>> }
  | ListQuestion
  | { readonly about: "answerByDefault"; readonly answer: DefaultAnswer }
  | RunQuestion
  | AssetQuestion;

/**
 * What a task asks about a list that is made of a task's results: the result at one map index, or with null the
 * results of all of them.
 */
export type ListQuestion = { readonly taskId: string; readonly mapIndex: number | null } & (
  | { readonly about: "countItems" }
  /** Answered with null when there are fewer items. */
  | { readonly about: "getItem"; readonly index: number }
  | { readonly about: "getItems" }
);

/** What an operator asks about runs of other DAGs; dates are ISO. */
export type RunQuestion =
  | {
      readonly about: "triggerDagRun";
      readonly run: Omit<RunToTrigger, "logicalDate" | "runAfter"> & {
        readonly logicalDate: string | null;
        readonly runAfter: string | null;
      };
    }
  | { readonly about: "getDagRunState"; readonly dagId: string; readonly runId: string }
  | { readonly about: "getExternalStates"; readonly target: ExternalTarget }
  | { readonly about: "getDagOutline"; readonly dagId: string }
  | { readonly about: "isDagPaused"; readonly dagId: string };

/** Whose events a task asks for. */
export type AssetEventsOf = { readonly alias: string } | { readonly name?: string; readonly uri?: string };

/** What a task asks about assets. */
export type AssetQuestion =
  | { readonly about: "getAssetEvents"; readonly of: AssetEventsOf | "run" }
  | { readonly about: "getAssetState"; readonly asset: AssetAddress; readonly key: string }
  /** Answered with why it was not stored, or null. */
  | { readonly about: "setAssetState"; readonly asset: AssetAddress; readonly key: string; readonly value: string }
  /** `key` null: all of the asset's. */
  | { readonly about: "deleteAssetState"; readonly asset: AssetAddress; readonly key: string | null };

/** An XCom's JSON text, a variable's value, a connection, what a run question is answered with, or null. */
export type Answer = string | boolean | ConnectionResult | null;

/** How a task's handler ended. */
export type Ending =
  /** `skipped`: ids of the tasks that it decided not to take; `followed`: those it took, when it keeps these. */
  | {
      readonly kind: "success";
      readonly returnValue?: string;
      readonly skipped?: readonly string[];
      readonly assetEvents?: readonly AssetEventToEmit[];
      readonly followed?: readonly string[];
    }
  | { readonly kind: "skipped"; readonly message: string }
  | { readonly kind: "rescheduled"; readonly inSeconds: number }
  | { readonly kind: "deferred"; readonly deferral: TaskDeferred["deferral"] }
  | { readonly kind: "failed"; readonly stack: string; readonly mayRetry: boolean };

export type ToChild =
  /** `mark`: of what is started meanwhile. */
  | { readonly type: "run"; readonly order: TryOrder | CallbackOrder; readonly mark: string }
  | { readonly type: "answer"; readonly number: number; readonly answer: Answer }
  | { readonly type: "refusal"; readonly number: number; readonly message: string }
  | { readonly type: "abort"; readonly reason: string };

export type FromChild =
  | { readonly type: "ready" }
  | { readonly type: "ask"; readonly number: number; readonly question: Question }
  /** `leftover` says why the process should not run another try. */
  | { readonly type: "done"; readonly ending: Ending; readonly leftover?: string };

const ENDINGS: readonly unknown[] = [
  "success",
  "skipped",
  "rescheduled",
  "deferred",
  "failed",
] satisfies Ending["kind"][];

/** Whether what a task process sent has the shape of a message: a task's code may reach the channel. */
export function isFromChild(sent: unknown): sent is FromChild {
  if (!isPlainObject(sent)) return false;
  if (sent.type === "ready") return true;
  if (sent.type === "ask") return typeof sent.number === "number";
  return sent.type === "done" && isPlainObject(sent.ending) && ENDINGS.includes(sent.ending.kind);
}
