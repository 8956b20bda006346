import {
  listTaskInstances,
  TASK_INSTANCE_ORDER,
  TASK_INSTANCE_RANGES,
  type TaskInstanceFilter,
} from "#core/database/console-task-instances.ts";
import { TASK_STATES } from "#sdk/states.ts";
import type { Page, TaskInstanceAnswer } from "../../protocol.ts";
import type { Call, Handler, Query } from "../call.ts";
import { ALL, dagOf, runOf } from "../find-or-404.ts";
import { readListBody } from "../read-list-body.ts";
import { readIntegers, readPage, readString, readStrings, readWords } from "../read-query.ts";
import { rangeParameters, readRanges } from "../read-ranges.ts";
import { showTaskInstance } from "../show/show-task-instance.ts";

type Answer = Page<"task_instances", TaskInstanceAnswer>;

/** Airflow's names for a task instance without a state. */
const NO_STATE = ["no_status", "none"] as const;
/** The fields of a batch body that hold lists, by what the query calls them. */
const LISTS = {
  dag_ids: "dag_id",
  dag_run_ids: "dag_run_id",
  task_ids: "task_ids",
  ...{ state: "state", pool: "pool", queue: "queue", executor: "executor" },
};

/** The task instances of a run; with `~` of all runs, or of all DAGs. */
export const listTaskInstancesHandler: Handler = async (call): Promise<Answer> => {
  const { params, query } = call;
  if (params.dagId !== ALL && params.runId !== ALL) await runOf(call);
  else if (params.dagId !== ALL) await dagOf(call);
  return list(call, query, {
    dagId: params.dagId === ALL ? undefined : params.dagId,
    runId: params.runId === ALL ? undefined : params.runId,
  });
};

/** The same with the filters in the body. */
export const listTaskInstancesBatch: Handler = (call): Promise<Answer> => {
  const query = readListBody(call, LISTS, rangeParameters(TASK_INSTANCE_RANGES));
  const named = { dagIds: readStrings(query, "dag_id"), runIds: readStrings(query, "dag_run_id") };
  return list(call, query, { ...named, taskIds: readStrings(query, "task_ids") });
};

async function list({ server }: Call, query: Query, filter: TaskInstanceFilter): Promise<Answer> {
  const states = readWords(query, "state", [...TASK_STATES, ...NO_STATE]);
  const { rows, total } = await listTaskInstances(
    server.db,
    {
      ...filter,
      taskId: readString(query, "task_id"),
      states: states.map((state) => (state === "no_status" || state === "none" ? null : state)),
      pools: readStrings(query, "pool"),
      queues: readStrings(query, "queue"),
      operators: readStrings(query, "operator"),
      tryNumbers: readIntegers(query, "try_number"),
      mapIndexes: readIntegers(query, "map_index", -1),
      versionNumbers: readIntegers(query, "version_number"),
      dagIdPattern: readString(query, "dag_id_pattern"),
      runIdPattern: readString(query, "run_id_pattern"),
      taskNamePattern: readString(query, "task_display_name_pattern"),
      poolPattern: readString(query, "pool_name_pattern"),
      queuePattern: readString(query, "queue_name_pattern"),
      operatorPattern: readString(query, "operator_name_pattern"),
      ranges: readRanges(query, TASK_INSTANCE_RANGES),
    },
    readPage(query, TASK_INSTANCE_ORDER, "map_index"),
  );
  return { task_instances: rows.map(showTaskInstance), total_entries: total };
}
