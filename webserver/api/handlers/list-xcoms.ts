import { listXComs, XCOM_ORDER, XCOM_RANGES } from "#core/database/console-xcoms.ts";
import type { Page, XComAnswer } from "../../protocol.ts";
import type { Handler } from "../call.ts";
import { ALL, taskInstancesOf } from "../find-or-404.ts";
import { readInteger, readPage, readString } from "../read-query.ts";
import { readRanges } from "../read-ranges.ts";
import { prefixPatterns, refuseFilters } from "../refuse-filters.ts";
import { showXCom } from "../show/show-xcom.ts";

const REFUSED = prefixPatterns("xcom_key", "dag_display_name", "run_id", "task_id");

/** What a task left for others, without the values; with `~` in the path, what all tasks, runs or DAGs did. */
export const listXComsHandler: Handler = async (call): Promise<Page<"xcom_entries", XComAnswer>> => {
  const { params, query, server } = call;
  refuseFilters(query, REFUSED);
  const named = (name: "dagId" | "runId" | "taskId") => (params[name] === ALL ? undefined : params[name]);
  const filter = { dagId: named("dagId"), runId: named("runId"), taskId: named("taskId") };
  if (Object.values(filter).every((id) => id !== undefined)) await taskInstancesOf(call);
  const { rows, total } = await listXComs(
    server.db,
    {
      ...filter,
      key: readString(query, "xcom_key"),
      mapIndexes: [readInteger(query, "map_index", -1), readInteger(query, "map_index_filter", -1)].filter(
        (index) => index !== undefined,
      ),
      ranges: readRanges(query, XCOM_RANGES),
      keyPattern: readString(query, "xcom_key_pattern"),
      dagIdPattern: readString(query, "dag_display_name_pattern"),
      runIdPattern: readString(query, "run_id_pattern"),
      taskIdPattern: readString(query, "task_id_pattern"),
    },
    readPage(query, XCOM_ORDER, "dag_id"),
  );
  return { xcom_entries: rows.map(showXCom), total_entries: total };
};
