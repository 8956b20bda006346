import { setTimeout as sleep } from "node:timers/promises";
import { defer } from "../defer.ts";
import { AirflowFailException, AirflowSkipException } from "../errors.ts";
import { isoDate } from "../iso-date.ts";
import { findNonJson, isPlainObject, type JsonValue } from "../json.ts";
import { type Operator, operator } from "../operator.ts";
import { DAG_RUN_STATES, type DagRunState } from "../states.ts";
import { getClient, getContext, getDagRuns } from "../task-scope.ts";
import { hasTemplate, type TemplateFields } from "../template-fields.ts";
import { dagRunTrigger } from "../triggers/external-trigger.ts";

export interface TriggerDagRunSpec {
  /** The DAG to trigger. */
  dagId: string;
  /** @default `manual__` and the logical date */
  runId?: string;
  /** What the run is given; plain JSON. */
  conf?: Readonly<Record<string, JsonValue>>;
  /** Clear an existing run instead of failing. @default false */
  resetDagRun?: boolean;
  /** @default false: the task succeeds once the run exists */
  waitForCompletion?: boolean;
  /** Seconds between two looks at the run's state. @default 60 */
  pokeInterval?: number;
  /** With these the wait ends in success; an empty list is the default. @default ["success"] */
  allowedStates?: readonly DagRunState[];
  /** With these the wait ends in failure; an empty list is none. @default ["failed"] */
  failedStates?: readonly DagRunState[];
  /** @default false: an existing run fails the task, without another try */
  skipWhenAlreadyExists?: boolean;
  /** @default false: a paused DAG's run is created, and stays queued */
  failWhenDagIsPaused?: boolean;
  note?: string;
  /** Whether the wait takes no worker slot: a trigger waits for the run. @default AIRFLOW__OPERATORS__DEFAULT_DEFERRABLE, else false */
  deferrable?: boolean;
  /** Null: none. @default now */
  logicalDate?: Date | null;
  /** When the run may start. @default at once */
  runAfter?: Date;
}

export type TriggerDagRunTask = Operator<void, void>;

/** The XCom with the console's address of the triggered run. */
const LINK_KEY = "_link_TriggerDagRunLink";

/** Triggers a run of another DAG, and waits for it when asked to (Airflow's TriggerDagRunOperator). */
export function triggerDagRun(spec: TriggerDagRunSpec): TriggerDagRunTask {
  const options = Object.freeze(readOptions(spec));
  const templates = { triggerDagId: options.dagId, triggerRunId: options.runId, conf: options.conf };
  return operator({
    operatorName: "TriggerDagRunOperator",
    label: "triggerDagRun",
    taskIdExample: 'dag.task(triggerDagRun({ dagId: "..." }), { taskId: "trigger_downstream" })',
    uiColor: "#ffefeb",
    takesNoInputs: true,
    extraLinks: { "Triggered DAG": LINK_KEY },
    check: (task) => checkRecordable(task, options),
    dagDependencies: (dagId, taskId) => [
      { source: dagId, target: options.dagId, label: taskId, dependency_type: "trigger", dependency_id: taskId },
    ],
    // Airflow's names; written only when there is something to render, as the TypeScript SDK writes none.
    ...(hasTemplate(templates) && { templateFields: templates }),
    execute: (_inputs, fields) => trigger(withFields(options, fields)),
    methods: { executeComplete: ({ event }, _inputs, fields) => resumeWith(withFields(options, fields), event) },
  });
}

/** The options with what their templates became. */
function withFields(options: TriggerOptions, fields: TemplateFields): TriggerOptions {
  const { triggerDagId, triggerRunId, conf } = fields as Partial<{
    triggerDagId: string;
    triggerRunId: string;
    conf: TriggerDagRunSpec["conf"];
  }>;
  return {
    ...options,
    dagId: triggerDagId ?? options.dagId,
    runId: triggerRunId ?? options.runId,
    conf: conf ?? options.conf,
  };
}

const isState = (value: unknown): boolean => DAG_RUN_STATES.includes(value as DagRunState);
const isDate = (value: unknown) => value instanceof Date && !Number.isNaN(value.getTime());
const isText = [(value: unknown) => typeof value === "string", "must be a string"] as const;
const isFlag = [(value: unknown) => typeof value === "boolean", "must be a boolean"] as const;
const areStates = [Array.isArray, "must be an array of Dag run states"] as const;

const OPTIONS: Readonly<
  Record<keyof TriggerDagRunSpec, readonly [accepts: (value: unknown) => boolean, expected: string]>
> = {
  dagId: isText,
  runId: isText,
  conf: [isPlainObject, "must be an object"],
  resetDagRun: isFlag,
  waitForCompletion: isFlag,
  pokeInterval: [(value) => Number.isFinite(value) && (value as number) >= 0, "must be a non-negative number"],
  allowedStates: areStates,
  failedStates: areStates,
  skipWhenAlreadyExists: isFlag,
  failWhenDagIsPaused: isFlag,
  note: isText,
  deferrable: isFlag,
  logicalDate: [(value) => value === null || isDate(value), "must be a valid Date"],
  runAfter: [isDate, "must be a valid Date"],
};

/** The names of the options, for whoever has to tell them from a task's own. */
export const TRIGGER_OPTIONS: readonly string[] = Object.keys(OPTIONS);

function readOptions(spec: unknown) {
  if (!isPlainObject(spec)) throw new Error("triggerDagRun(...) takes an options object");
  for (const key of Reflect.ownKeys(spec)) {
    if (!TRIGGER_OPTIONS.includes(key as string)) {
      throw new Error(`Unknown option "${String(key)}" for triggerDagRun(...)`);
    }
  }
  if (typeof spec.dagId !== "string" || spec.dagId === "") {
    throw new Error("triggerDagRun(...) needs the dagId of the Dag to trigger");
  }
  for (const [name, [accepts, expected]] of Object.entries(OPTIONS)) {
    const value = spec[name];
    if (value === undefined) continue;
    if (!accepts(value)) throw new Error(`triggerDagRun(...) option "${name}" ${expected}`);
    if (accepts === Array.isArray) checkStates(name, value as readonly unknown[]);
  }
  const given = spec as unknown as TriggerDagRunSpec;
  return {
    ...given,
    pokeInterval: given.pokeInterval ?? 60,
    allowedStates: given.allowedStates?.length ? given.allowedStates : (["success"] as const),
    failedStates: given.failedStates ?? (["failed"] as const),
    deferrable: given.deferrable ?? defaultDeferrable(),
  };
}

type TriggerOptions = ReturnType<typeof readOptions>;

function checkStates(name: string, states: readonly unknown[]): void {
  const wrong = states.findIndex((state) => !isState(state));
  if (wrong === -1) return;
  throw new Error(
    `triggerDagRun(...) option "${name}" holds ${JSON.stringify(states[wrong])}, which is not a Dag run state; ` +
      `use one of ${DAG_RUN_STATES.join(", ")}`,
  );
}

function defaultDeferrable(): boolean {
  const text = process.env.AIRFLOW__OPERATORS__DEFAULT_DEFERRABLE;
  if (text === undefined || /^(false|f|0)$/i.test(text)) return false;
  if (/^(true|t|1)$/i.test(text)) return true;
  throw new Error(
    `AIRFLOW__OPERATORS__DEFAULT_DEFERRABLE is ${JSON.stringify(text)}, which is not a boolean; use true or false`,
  );
}

function checkRecordable(task: string, { conf }: TriggerOptions): void {
  const wrong = findNonJson(conf);
  if (wrong === undefined) return;
  throw new Error(
    `conf of ${task} holds ${wrong}, which JSON cannot carry; ` +
      "pass a string, a finite number, a boolean, null, an array or a plain object",
  );
}

async function trigger(options: TriggerOptions): Promise<void> {
  const { dagId, conf, note, runAfter, waitForCompletion, skipWhenAlreadyExists } = options;
  const runs = getDagRuns();
  const client = getClient();
  if (options.failWhenDagIsPaused && (await runs.isPaused(dagId))) throw new Error(`Dag ${dagId} is paused`);
  const now = new Date();
  const logicalDate = options.logicalDate === undefined ? now : options.logicalDate;
  const runId = options.runId || `manual__${isoDate(logicalDate ?? runAfter ?? now)}`;
  await client.setXCom({ key: LINK_KEY, value: `${baseUrl()}/dags/${dagId}/runs/${runId}` });
  const conflict = await runs.trigger({
    dagId,
    runId,
    logicalDate,
    runAfter: runAfter ?? null,
    conf,
    note,
    reset: options.resetDagRun,
  });
  if (conflict !== null) throw new (skipWhenAlreadyExists ? AirflowSkipException : AirflowFailException)(conflict);
  await client.setXCom({ key: "trigger_run_id", value: runId });
  console.log(`Triggered run ${runId} of ${dagId}`);
  if (!waitForCompletion) {
    if (options.deferrable) console.log("deferrable has no effect without waitForCompletion");
    return;
  }
  if (!options.deferrable) return untilDone(options, runId);
  const states = [...options.allowedStates, ...options.failedStates];
  defer({ trigger: dagRunTrigger({ dagId, runIds: [runId], states }) });
}

/** What became of the run that the task was deferred for. */
function resumeWith({ dagId, failedStates }: TriggerOptions, event: JsonValue): void {
  if (!isPlainObject(event)) {
    throw new Error(`Task resumed with an event it cannot read: ${JSON.stringify(event)}`);
  }
  const runIds = Object.keys(event);
  if (runIds.some((runId) => failedStates.includes(event[runId] as DagRunState))) {
    throw new Error(
      `${dagId} failed with failed states ${JSON.stringify(failedStates)} for run_ids ${JSON.stringify(runIds)}`,
    );
  }
  for (const runId of runIds) console.log(`${dagId} on ${runId} finished with allowed state ${event[runId]}`);
}

async function untilDone({ dagId, pokeInterval, allowedStates, failedStates }: TriggerOptions, runId: string) {
  const { signal } = getContext();
  for (;;) {
    console.log(`Waiting for ${dagId} on ${runId} to become one of ${allowedStates.join(", ")}`);
    await sleep(pokeInterval * 1_000, undefined, { signal });
    const state = await getDagRuns().state(dagId, runId);
    if (state === null) throw new Error(`Run ${runId} of ${dagId} does not exist any more`);
    if (failedStates.includes(state)) throw new Error(`${dagId} failed with failed state ${state}`);
    if (allowedStates.includes(state)) return console.log(`${dagId} finished with allowed state ${state}`);
  }
}

function baseUrl(): string {
  return (process.env.AIRFLOW__API__BASE_URL ?? "").replace(/\/+$/, "");
}
