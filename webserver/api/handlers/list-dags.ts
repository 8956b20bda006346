import { DAG_ORDER, listDags } from "#core/database/console-dags.ts";
import { DAG_RUN_STATES } from "#sdk/states.ts";
import type { DagAnswer, Page } from "../../protocol.ts";
import type { Handler } from "../call.ts";
import { readBoolean, readPage, readString, readStrings, readWords } from "../read-query.ts";
import { showDag } from "../show/show-dag.ts";

export const listDagsHandler: Handler = async ({ server, query }): Promise<Page<"dags", DagAnswer>> => {
  const { rows, total } = await listDags(
    server.db,
    {
      dagIdPattern: readString(query, "dag_id_pattern"),
      paused: readBoolean(query, "paused"),
      tags: readStrings(query, "tags"),
      tagsMatchMode: readWords(query, "tags_match_mode", ["any", "all"]).at(-1),
      owners: readStrings(query, "owners"),
      hasImportErrors: readBoolean(query, "has_import_errors"),
      lastRunState: readWords(query, "last_dag_run_state", DAG_RUN_STATES).at(-1),
      // Airflow 3.0 called it only_active.
      excludeStale: readBoolean(query, "exclude_stale") ?? readBoolean(query, "only_active"),
    },
    readPage(query, DAG_ORDER, "dag_id"),
  );
  return { dags: rows.map((dag) => showDag(dag, server.fileTokens)), total_entries: total };
};
