import { listTaskInstances, TASK_INSTANCE_ORDER } from "#core/database/console-task-instances.ts";
import { TASK_STATES } from "#sdk/states.ts";
import type { Page, TaskInstanceAnswer } from "../../protocol.ts";
import type { Handler } from "../call.ts";
import { ALL, dagOf, runOf } from "../find-or-404.ts";
import { readPage, readString, readStrings, readWords } from "../read-query.ts";
import { showTaskInstance } from "../show/show-task-instance.ts";

/** Airflow's names for a task instance without a state. */
const NO_STATE = ["no_status", "none"] as const;

export const listTaskInstancesHandler: Handler = async (call): Promise<Page<"task_instances", TaskInstanceAnswer>> => {
  const { server, params, query } = call;
  if (params.dagId !== ALL && params.runId !== ALL) await runOf(call);
  else if (params.dagId !== ALL) await dagOf(call);
  const states = readWords(query, "state", [...TASK_STATES, ...NO_STATE]);
  const { rows, total } = await listTaskInstances(
    server.db,
    {
      dagId: params.dagId === ALL ? undefined : params.dagId,
      runId: params.runId === ALL ? undefined : params.runId,
      taskId: readString(query, "task_id"),
      states: states.map((state) => (state === "no_status" || state === "none" ? null : state)),
      pools: readStrings(query, "pool"),
      queues: readStrings(query, "queue"),
    },
    readPage(query, TASK_INSTANCE_ORDER, "map_index"),
  );
  return { task_instances: rows.map(showTaskInstance), total_entries: total };
};
