import type { ExternalTarget } from "../dag-runs.ts";
import { AirflowSkipException } from "../errors.ts";
import type { Operator } from "../operator.ts";
import {
  isFilledText,
  isFlag,
  isFunction,
  type OptionRule,
  type OptionRules,
  readOptions,
} from "../operators/options.ts";
import { DAG_RUN_STATES, TASK_STATES } from "../states.ts";
import { getContext, getDagRuns } from "../task-scope.ts";
import { externalTaskTrigger, judgeStates } from "../triggers/external-trigger.ts";
import { sensorOperator } from "./sensor-operator.ts";
import { SENSOR_RULES, type SensorOptions, sensorOptions } from "./sensor-options.ts";

export interface ExternalTaskSensorOptions extends SensorOptions {
  /** The DAG to wait for. */
  externalDagId: string;
  /** The one task to wait for; without a task or group, the whole run. */
  externalTaskId?: string;
  externalTaskIds?: readonly string[];
  externalTaskGroupId?: string;
  /** With these the wait ends in success. @default ["success"] */
  allowedStates?: readonly string[];
  /** With one of these the task is skipped. @default none */
  skippedStates?: readonly string[];
  /** With one of these the task fails. @default none */
  failedStates?: readonly string[];
  /** Seconds by which the other run's logical date is earlier than this one's. */
  executionDelta?: number;
  /** The logical date or dates of the other runs. */
  executionDateFn?: (logicalDate: Date) => Date | readonly Date[] | Promise<Date | readonly Date[]>;
  /** Whether to fail at once when there is no such DAG, task or group. @default false */
  checkExistence?: boolean;
}

const areTexts: OptionRule = [
  (value) => Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === "string"),
  "must be an array of strings with at least one",
];
const areStates: OptionRule = [Array.isArray, "must be an array of states"];

const RULES: OptionRules<ExternalTaskSensorOptions> = {
  ...SENSOR_RULES,
  externalDagId: isFilledText,
  externalTaskId: isFilledText,
  externalTaskIds: areTexts,
  externalTaskGroupId: isFilledText,
  allowedStates: areStates,
  skippedStates: areStates,
  failedStates: areStates,
  executionDelta: [(value) => Number.isFinite(value), "must be a number of seconds"],
  executionDateFn: isFunction,
  checkExistence: isFlag,
};

type Read = ReturnType<typeof readAll>;

/**
 * Waits for a run of another DAG, or for tasks in it (Airflow's ExternalTaskSensor): of the same logical date unless
 * told otherwise.
 */
export function externalTaskSensor(options: ExternalTaskSensorOptions): Operator<void, undefined> {
  const declared = readAll(options);
  const { externalDagId, externalTaskId, externalTaskIds, externalTaskGroupId } = options;
  const templateFields = { externalDagId, externalTaskId, externalTaskIds, externalTaskGroupId };
  const sensorPart = sensorOptions(options);
  let hasChecked = false;
  return sensorOperator<void, undefined, typeof templateFields>({
    operatorName: "ExternalTaskSensor",
    label: "externalTaskSensor",
    uiColor: "#4db7db",
    takesNoInputs: true,
    options: sensorPart,
    templateFields,
    dagDependencies: (dagId, taskId) => [
      { source: declared.dagId, target: dagId, label: taskId, dependency_type: "sensor", dependency_id: taskId },
    ],
    async poke(_, fields) {
      const read = readAll({ ...options, ...fields });
      const target = await findTarget(read);
      console.log(`Poking for ${read.what} on ${target.logicalDates.join(", ")} ...`);
      if (read.checkExistence && !hasChecked) await checkExistence(read);
      hasChecked = true;
      return conclude(read, sensorPart.softFail, judgeStates(read.rule, target, await getDagRuns().states(target)));
    },
    async trigger(_, fields) {
      const read = readAll({ ...options, ...fields });
      const { dagId, logicalDates, taskIds } = await findTarget(read);
      const dates = logicalDates.map((date) => new Date(date));
      return externalTaskTrigger({ dagId, taskIds, logicalDates: dates, ...read.rule });
    },
    conclude(event, _, fields) {
      const read = readAll({ ...options, ...fields });
      conclude(read, sensorPart.softFail, event as ReturnType<typeof judgeStates>);
      return undefined;
    },
  });
}

function readAll(given: ExternalTaskSensorOptions) {
  const options = readOptions("externalTaskSensor", given, RULES, ["externalDagId"]);
  const { externalDagId: dagId, externalTaskId, externalTaskIds, externalTaskGroupId: groupId } = options;
  if ([externalTaskId, externalTaskIds, groupId].filter((one) => one !== undefined).length > 1) {
    throw new Error(
      "externalTaskSensor(...) takes only one of externalTaskId, externalTaskIds and externalTaskGroupId",
    );
  }
  if (options.executionDelta !== undefined && options.executionDateFn !== undefined) {
    throw new Error(
      "Only one of `executionDelta` or `executionDateFn` may be provided to externalTaskSensor(...); not both.",
    );
  }
  const taskIds = externalTaskId === undefined ? (externalTaskIds ?? null) : [externalTaskId];
  const repeated = taskIds?.find((id, index) => taskIds.indexOf(id) !== index);
  if (repeated !== undefined) {
    throw new Error(`Duplicate task_ids passed in externalTaskIds of externalTaskSensor(...): "${repeated}"`);
  }
  const rule = {
    allowedStates: options.allowedStates?.length ? options.allowedStates : ["success"],
    skippedStates: options.skippedStates ?? [],
    failedStates: options.failedStates ?? [],
  };
  const known: readonly string[] = taskIds === null && groupId === undefined ? DAG_RUN_STATES : TASK_STATES;
  const listed = Object.entries(rule).flatMap(([name, states]) => states.map((state) => [state, name] as const));
  for (const [index, [state, name]] of listed.entries()) {
    if (!known.includes(state)) {
      throw new Error(
        `externalTaskSensor(...) option "${name}" holds ${JSON.stringify(state)}, which is none of its states; ` +
          `use ${known.join(", ")}`,
      );
    }
    if (listed.findIndex(([other]) => other === state) !== index) {
      throw new Error(
        `Duplicate values provided across allowedStates, skippedStates and failedStates of externalTaskSensor(...): "${state}"`,
      );
    }
  }
  return { ...options, dagId, taskIds, groupId, rule, what: describe(dagId, taskIds, groupId) };
}

function describe(dagId: string, taskIds: readonly string[] | null, groupId: string | undefined): string {
  if (taskIds !== null) return `tasks ${taskIds.join(", ")} in dag ${dagId}`;
  return groupId === undefined ? `DAG '${dagId}'` : `task_group '${groupId}' in dag '${dagId}'`;
}

async function findTarget({ dagId, taskIds, groupId, executionDelta, executionDateFn }: Read): Promise<ExternalTarget> {
  const { logicalDate, runId } = getContext();
  if (logicalDate === null) throw new Error(`Run ${runId} has no logical date, by which to find the run to wait for`);
  const dates =
    executionDateFn === undefined
      ? [new Date(logicalDate.getTime() - (executionDelta ?? 0) * 1_000)]
      : [await executionDateFn(logicalDate)].flat();
  return {
    dagId,
    runIds: [],
    logicalDates: dates.map((date) => date.toISOString()),
    taskIds: groupId === undefined ? taskIds : ((await getDagRuns().outline(dagId))?.groups[groupId] ?? []),
  };
}

/** Throws Airflow's messages for what does not exist. */
async function checkExistence({ dagId, taskIds, groupId }: Read): Promise<void> {
  const outline = await getDagRuns().outline(dagId);
  if (outline === null) throw new Error(`The external DAG ${dagId} does not exist.`);
  const missing = taskIds?.find((id) => !outline.taskIds.includes(id));
  if (missing !== undefined) throw new Error(`The external task ${missing} in DAG ${dagId} does not exist.`);
  if (groupId !== undefined && outline.groups[groupId] === undefined) {
    throw new Error(`The external task group '${groupId}' in DAG '${dagId}' does not exist.`);
  }
}

function conclude({ dagId, taskIds, groupId }: Read, softFail: boolean, end: ReturnType<typeof judgeStates>): boolean {
  const some = taskIds === null ? undefined : `Some of the external tasks ${taskIds.join(", ")} in DAG ${dagId}`;
  const whole =
    groupId === undefined ? `The external DAG ${dagId}` : `The external task_group '${groupId}' in DAG '${dagId}'`;
  if (end === "failed") {
    if (softFail) throw new AirflowSkipException(`${some ?? whole} failed. Skipping due to soft_fail.`);
    throw new Error(`${some ?? whole} failed.`);
  }
  if (end === "skipped") {
    throw new AirflowSkipException(`${some ?? whole} reached a state in our states-to-skip-on list. Skipping.`);
  }
  return end === "success";
}
