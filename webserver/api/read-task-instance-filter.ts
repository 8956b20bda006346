import { TASK_INSTANCE_RANGES, type TaskInstanceFilter } from "#core/database/console-task-instances.ts";
import { TASK_STATES } from "#sdk/states.ts";
import type { Query } from "./call.ts";
import { readIntegers, readString, readStrings, readWords } from "./read-query.ts";
import { rangeParameters, readRanges } from "./read-ranges.ts";
import { prefixPatterns, refuseFilters } from "./refuse-filters.ts";

/** Airflow's names for a task instance without a state. */
const NO_STATE = ["no_status", "none"] as const;

const REFUSED = [
  ...["cursor", "executor"],
  ...rangeParameters(["updated_at"]),
  ...prefixPatterns("task_display_name", "dag_id", "run_id", "pool_name", "queue_name", "operator_name"),
  ...prefixPatterns("rendered_map_index"),
];

/** The filters of a list of task instances that need nothing but the query. */
export function readTaskInstanceFilter(query: Query): TaskInstanceFilter {
  refuseFilters(query, REFUSED);
  const states = readWords(query, "state", [...TASK_STATES, ...NO_STATE]);
  return {
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
    renderedMapIndexPattern: readString(query, "rendered_map_index_pattern"),
    ranges: readRanges(query, TASK_INSTANCE_RANGES),
  };
}
