import { tasksByGroup } from "#core/dag-structure/task-groups.ts";
import { findCurrentVersion, findVersionOfRun } from "#core/database/console-dags.ts";
import {
  listTaskInstances,
  TASK_INSTANCE_ORDER,
  TASK_INSTANCE_RANGES,
  type TaskInstanceFilter,
} from "#core/database/console-task-instances.ts";
import type { Page, TaskInstanceAnswer } from "../../protocol.ts";
import { ApiError } from "../api-error.ts";
import type { Call, Handler, Query } from "../call.ts";
import { ALL, dagOf, runOf } from "../find-or-404.ts";
import { readListBody } from "../read-list-body.ts";
import { readPage, readString, readStrings } from "../read-query.ts";
import { rangeParameters } from "../read-ranges.ts";
import { readTaskInstanceFilter } from "../read-task-instance-filter.ts";
import { showTaskInstance } from "../show/show-task-instance.ts";

type Answer = Page<"task_instances", TaskInstanceAnswer>;

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
    groupTasks: await tasksOfNamedGroup(call),
  });
};

/** The same with the filters in the body. */
export const listTaskInstancesBatch: Handler = (call): Promise<Answer> => {
  const query = readListBody(call, LISTS, rangeParameters(Object.keys(TASK_INSTANCE_RANGES)));
  const named = { dagIds: readStrings(query, "dag_id"), runIds: readStrings(query, "dag_run_id") };
  return list(call, query, { ...named, taskIds: readStrings(query, "task_ids") });
};

async function list({ server }: Call, query: Query, filter: TaskInstanceFilter): Promise<Answer> {
  const { rows, total } = await listTaskInstances(
    server.db,
    { ...readTaskInstanceFilter(query), ...filter },
    readPage(query, TASK_INSTANCE_ORDER, "map_index"),
  );
  return { task_instances: rows.map(showTaskInstance), total_entries: total };
}

/** The tasks of the group that the query names, as the run has them, or else the latest version of the DAG. */
async function tasksOfNamedGroup({ server: { db }, params, query }: Call): Promise<string[] | undefined> {
  const groupId = readString(query, "task_group_id");
  if (groupId === undefined) return undefined;
  const { dagId, runId } = params as { dagId: string; runId: string };
  if (dagId === ALL) throw new ApiError(400, "The filter 'task_group_id' is of one DAG, and the path names none");
  const version = await (runId === ALL ? findCurrentVersion(db, dagId) : findVersionOfRun(db, dagId, runId));
  const tasks = version && tasksByGroup(version.serialized.dag.task_group).get(groupId);
  if (tasks === undefined) throw new ApiError(404, `Task group ${groupId} not found`);
  return tasks;
}
