import { HITL_ORDER, HITL_RANGES, type HitlRow, listHitlDetails } from "#core/database/console-hitl.ts";
import { listNamedTaskInstances, nameOf } from "#core/database/console-task-instances.ts";
import type { HitlDetailAnswer, Page } from "../../protocol.ts";
import type { Handler } from "../call.ts";
import { ALL } from "../find-or-404.ts";
import { readBoolean, readInteger, readPage, readString, readStrings } from "../read-query.ts";
import { readRanges } from "../read-ranges.ts";
import { prefixPatterns, refuseFilters } from "../refuse-filters.ts";
import { showHitl } from "../show/show-hitl.ts";

const REFUSED = prefixPatterns("dag_id", "task_id");

/** What tasks have asked people: those of a run, of a DAG, or (`~`) all. */
export const listHitlDetailsHandler: Handler = async ({
  server: { db },
  params,
  query,
}): Promise<Page<"hitl_details", HitlDetailAnswer>> => {
  refuseFilters(query, REFUSED);
  const named = (name: "dagId" | "runId") => (params[name] === ALL ? undefined : params[name]);
  const { rows, total } = await listHitlDetails(
    db,
    {
      dagId: named("dagId"),
      runId: named("runId"),
      dagIdPattern: readString(query, "dag_id_pattern"),
      taskId: readString(query, "task_id"),
      taskIdPattern: readString(query, "task_id_pattern"),
      mapIndex: readInteger(query, "map_index", -1),
      states: readStrings(query, "state"),
      responseReceived: readBoolean(query, "response_received"),
      respondedByIds: readStrings(query, "responded_by_user_id"),
      respondedByNames: readStrings(query, "responded_by_user_name"),
      subjectPattern: readString(query, "subject_search"),
      bodyPattern: readString(query, "body_search"),
      ranges: readRanges(query, HITL_RANGES),
    },
    readPage(query, HITL_ORDER, "ti_id"),
  );
  const keyOf = (row: Pick<HitlRow, "dag_id" | "run_id" | "task_id" | "map_index">) =>
    JSON.stringify([row.dag_id, row.run_id, row.task_id, row.map_index]);
  const found = await listNamedTaskInstances(db, rows.map(nameOf));
  const instances = new Map(found.map((row) => [keyOf(row), row]));
  const details = rows.flatMap((row) => {
    const instance = instances.get(keyOf(row));
    return instance === undefined ? [] : [showHitl(row, instance)];
  });
  return { hitl_details: details, total_entries: total };
};
