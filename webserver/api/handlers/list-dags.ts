import { DAG_ORDER, DAG_RANGES, listDags } from "#core/database/console-dags.ts";
import { DAG_RUN_STATES } from "#sdk/states.ts";
import type { DagAnswer, Page } from "../../protocol.ts";
import type { Handler } from "../call.ts";
import { readBoolean, readPage, readString, readStrings, readWords } from "../read-query.ts";
import { readRanges } from "../read-ranges.ts";
import { prefixPatterns, refuseFilters } from "../refuse-filters.ts";
import { showDag } from "../show/show-dag.ts";

const REFUSED = [
  ...["bundle_name", "bundle_version", "is_favorite", "timetable_type"],
  ...prefixPatterns("dag_id", "dag_display_name"),
];

export const listDagsHandler: Handler = async ({ server, query }): Promise<Page<"dags", DagAnswer>> => {
  refuseFilters(query, REFUSED);
  const { rows, total } = await listDags(
    server.db,
    {
      dagIdPattern: readString(query, "dag_id_pattern"),
      displayNamePattern: readString(query, "dag_display_name_pattern"),
      paused: readBoolean(query, "paused"),
      tags: readStrings(query, "tags"),
      tagsMatchMode: readWords(query, "tags_match_mode", ["any", "all"]).at(-1),
      owners: readStrings(query, "owners"),
      hasImportErrors: readBoolean(query, "has_import_errors"),
      lastRunState: readWords(query, "last_dag_run_state", DAG_RUN_STATES).at(-1),
      runStates: readWords(query, "dag_run_state", DAG_RUN_STATES),
      ranges: readRanges(query, DAG_RANGES),
      hasAssetSchedule: readBoolean(query, "has_asset_schedule"),
      assetDependency: readString(query, "asset_dependency"),
      // Airflow 3.0 called it only_active.
      excludeStale: readBoolean(query, "exclude_stale") ?? readBoolean(query, "only_active"),
    },
    readPage(query, DAG_ORDER, "dag_id"),
  );
  return { dags: rows.map((dag) => showDag(dag, server.fileTokens)), total_entries: total };
};
