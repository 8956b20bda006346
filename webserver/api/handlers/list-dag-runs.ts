import { listRuns, RUN_ORDER } from "#core/database/console-runs.ts";
import { DAG_RUN_STATES } from "#sdk/states.ts";
import type { DagRunAnswer, Page } from "../../protocol.ts";
import type { Handler } from "../call.ts";
import { ALL, dagOf } from "../find-or-404.ts";
import { readInstant, readPage, readString, readStrings, readWords } from "../read-query.ts";
import { showRun } from "../show/show-run.ts";

export const listDagRuns: Handler = async (call): Promise<Page<"dag_runs", DagRunAnswer>> => {
  const { server, params, query } = call;
  const dagId = params.dagId === ALL ? undefined : (await dagOf(call)).dag_id;
  const { rows, total } = await listRuns(
    server.db,
    {
      dagId,
      runIdPattern: readString(query, "run_id_pattern"),
      states: readWords(query, "state", DAG_RUN_STATES),
      runTypes: readStrings(query, "run_type"),
      runAfterFrom: readInstant(query, "run_after_gte"),
      runAfterTo: readInstant(query, "run_after_lte"),
      logicalDateFrom: readInstant(query, "logical_date_gte"),
      logicalDateTo: readInstant(query, "logical_date_lte"),
    },
    readPage(query, RUN_ORDER, "id"),
  );
  return { dag_runs: rows.map(showRun), total_entries: total };
};
