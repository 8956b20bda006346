import type { AssetExpression, AssetLike } from "./asset-expression.ts";
import { type CallbackContext, type Callbacks, DAG_CALLBACKS, TASK_CALLBACKS, TASK_HOOKS } from "./callbacks.ts";
import { DAG_FIELDS, TASK_FIELDS } from "./fields.ts";
import type { JsonValue } from "./json.ts";
import type { Params } from "./param.ts";
import type { RunType } from "./states.ts";
import type { Timetable } from "./timetables.ts";
import type { TriggerRule } from "./trigger-rule.ts";

/** What a DAG may say about itself. All optional; durations are seconds. */
export interface DagSpec {
  /**
   * When runs are created: a cron expression (an optional sixth field is seconds), a preset
   * (`@hourly @daily @weekly @monthly @quarterly @yearly @once @continuous`), a timetable such as
   * `deltaTrigger(3600)`, assets whose events start a run (an array means all of them), or null.
   * @default null: only manual runs
   */
  schedule?: string | Timetable | AssetExpression | readonly AssetExpression[] | null;
  /** The IANA time zone that cron expressions are read in. @default `[core] default_timezone` */
  timezone?: string;
  description?: string;
  startDate?: Date;
  endDate?: Date;
  tags?: readonly string[];
  dagDisplayName?: string;
  docMd?: string;
  /** Task instances of one run that may be queued or running at once. @default `[core] max_active_tasks_per_dag` */
  maxActiveTasks?: number;
  /** Runs that may be running at once. @default `[core] max_active_runs_per_dag` */
  maxActiveRuns?: number;
  maxConsecutiveFailedDagRuns?: number;
  /** A run that takes longer fails and its unfinished tasks are skipped. */
  dagrunTimeout?: number;
  /** Whether runs missed since `startDate` are created. @default `[scheduler] catchup_by_default` */
  catchup?: boolean;
  failFast?: boolean;
  /** Whether a template that renders to a literal of Python, such as `[1, 2]`, becomes its value. @default false */
  renderTemplateAsNativeObj?: boolean;
  /** What a name that nothing defines is in a template: an error, nothing, or nothing at any depth. @default "strict" */
  templateUndefined?: "strict" | "default" | "chainable";
  /** Folders below the DAG file's, in which files with templates are looked for besides that one. */
  templateSearchpath?: string | readonly string[];
  /** What runs can be triggered with: plain values are defaults, `param(...)` has rules and a description too. */
  params?: Params;
  /** More names for templates: `{ region: "eu" }` is `{{ region }}`. Plain JSON. @default none */
  userDefinedMacros?: Readonly<Record<string, JsonValue>>;
  /** Where an owner of tasks is found: an address that begins with `https:`, `http:` or `mailto:`. */
  ownerLinks?: Readonly<Record<string, string>>;
  /** What may start runs; others are refused. @default null: anything */
  allowedRunTypes?: readonly RunType[] | null;
  disableBundleVersioning?: boolean;
  /** Applies the first time the DAG is seen. @default `[core] dags_are_paused_at_creation` */
  isPausedUponCreation?: boolean;
  /** The queue of every task that names none. */
  queue?: string;
  /** Called once when a run has succeeded. What it throws is logged, and changes nothing. */
  onSuccessCallback?: Callbacks;
  /** Called once when a run has failed. What it throws is logged, and changes nothing. */
  onFailureCallback?: Callbacks;
  /** What tasks say that do not say it themselves. */
  defaultArgs?: Omit<TaskSpec, "taskId">;
}

/** What a task may say about itself. All optional; durations are seconds. */
export interface TaskSpec {
  /** @default the handler's name */
  taskId?: string;
  /** Params of this task: they win over the DAG's. */
  params?: Params;
  /** Templates, of which a handler reads what they became: `getContext().templatesDict`. */
  templatesDict?: Readonly<Record<string, JsonValue>>;
  owner?: string;
  startDate?: Date;
  endDate?: Date;
  triggerRule?: TriggerRule;
  dependsOnPast?: boolean;
  /**
   * With `dependsOnPast`: whether the task starts when no earlier run had it.
   * @default `[scheduler] ignore_first_depends_on_past_by_default`
   */
  ignoreFirstDependsOnPast?: boolean;
  waitForPastDependsBeforeSkipping?: boolean;
  waitForDownstream?: boolean;
  /** How many more tries a failed try gets. @default 0 */
  retries?: number;
  queue?: string;
  pool?: string;
  poolSlots?: number;
  /** A try that takes longer is killed and fails. */
  executionTimeout?: number;
  /** Wait between a failed try and the next. @default 300 */
  retryDelay?: number;
  retryExponentialBackoff?: number;
  maxRetryDelay?: number;
  priorityWeight?: number;
  weightRule?: "downstream" | "upstream" | "absolute";
  executor?: string;
  doXcomPush?: boolean;
  /**
   * Whether what the task returns is the result of the whole run. Written into the serialized DAG; nothing of Daisy
   * reads it. @default false
   */
  returnsDagResult?: boolean;
  docMd?: string;
  mapIndexTemplate?: string;
  maxActiveTisPerDag?: number;
  maxActiveTisPerDagrun?: number;
  /** Assets that the task reads. @default none */
  inlets?: AssetLike | readonly AssetLike[];
  /** Assets that the task brings up to date: each gets an event when the task succeeds. @default none */
  outlets?: AssetLike | readonly AssetLike[];
  /** Who is told by mail of tries that fail: addresses, in an array or with commas between them. @default nobody */
  email?: string | readonly string[];
  /** Whether a mail is sent when a try has failed and no other follows. @default true */
  emailOnFailure?: boolean;
  /** Whether a mail is sent when a try has failed and another follows. @default true */
  emailOnRetry?: boolean;
  /** Called in the task's process before it begins. What callbacks throw is logged, and changes nothing. */
  onExecuteCallback?: Callbacks;
  /** Called when a try has succeeded. */
  onSuccessCallback?: Callbacks;
  /** Called when a try has failed and no other follows, also when its process died or its worker was lost. */
  onFailureCallback?: Callbacks;
  /** Called when a try has failed and another follows. */
  onRetryCallback?: Callbacks;
  /** Called when the task has skipped itself by AirflowSkipException. */
  onSkippedCallback?: Callbacks;
  /** Called right before the task begins; what it throws fails the try. */
  preExecute?: (context: CallbackContext) => unknown;
  /** Called with what the task returned; what it throws fails the try. */
  postExecute?: (context: CallbackContext, result: unknown) => unknown;
}

export type TaskOptions = TaskSpec;

/** The keys a DagSpec may have. */
export const DAG_SPEC_KEYS = [
  ...Object.keys(DAG_FIELDS),
  "schedule",
  "timezone",
  "queue",
  "defaultArgs",
  "params",
  "templateUndefined",
  "templateSearchpath",
  "userDefinedMacros",
  "ownerLinks",
  "allowedRunTypes",
  ...Object.keys(DAG_CALLBACKS),
];
/** The keys a TaskSpec may have. */
export const TASK_SPEC_KEYS = [
  ...Object.keys(TASK_FIELDS),
  "taskId",
  "email",
  "emailOnFailure",
  "emailOnRetry",
  "inlets",
  "outlets",
  "params",
  "templatesDict",
  ...Object.keys(TASK_CALLBACKS),
  ...TASK_HOOKS,
];
