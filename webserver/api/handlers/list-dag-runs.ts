import { listRuns, RUN_ORDER, RUN_RANGES } from "#core/database/console-runs.ts";
import { RUN_TYPES } from "#core/run-id.ts";
import { DAG_RUN_STATES } from "#sdk/states.ts";
import type { DagRunAnswer, Page } from "../../protocol.ts";
import type { Call, Handler, Query } from "../call.ts";
import { ALL, dagOf } from "../find-or-404.ts";
import { readListBody } from "../read-list-body.ts";
import { readIntegers, readPage, readString, readStrings, readWords } from "../read-query.ts";
import { rangeParameters, readRanges } from "../read-ranges.ts";
import { prefixPatterns, refuseFilters } from "../refuse-filters.ts";
import { showRun } from "../show/show-run.ts";

type Answer = Page<"dag_runs", DagRunAnswer>;

const REFUSED = [
  ...["cursor", "bundle_version", "consuming_asset_pattern", "partition_key_pattern"],
  ...rangeParameters(["updated_at"]),
  ...prefixPatterns("dag_id", "run_id", "triggering_user_name", "partition_key"),
];

/** The runs of a DAG, or (`~`) of all. */
export const listDagRuns: Handler = async (call): Promise<Answer> => {
  const dagId = call.params.dagId === ALL ? undefined : (await dagOf(call)).dag_id;
  return list(call, call.query, dagId);
};

/** The same with the filters in the body. */
export const listDagRunsBatch: Handler = (call): Promise<Answer> => {
  const singles = [...rangeParameters(Object.keys(RUN_RANGES)), "conf_contains"];
  return list(call, readListBody(call, { dag_ids: "dag_id", states: "state" }, singles));
};

async function list({ server }: Call, query: Query, dagId?: string): Promise<Answer> {
  refuseFilters(query, REFUSED);
  const { rows, total } = await listRuns(
    server.db,
    {
      dagId,
      dagIds: dagId === undefined ? readStrings(query, "dag_id") : [],
      dagIdPattern: readString(query, "dag_id_pattern"),
      runIdPattern: readString(query, "run_id_pattern"),
      states: readWords(query, "state", DAG_RUN_STATES),
      runTypes: readWords(query, "run_type", RUN_TYPES),
      versionNumbers: readIntegers(query, "dag_version"),
      triggeringUserPattern: readString(query, "triggering_user_name_pattern"),
      confContains: readString(query, "conf_contains"),
      ranges: readRanges(query, RUN_RANGES),
    },
    readPage(query, RUN_ORDER, "id"),
  );
  return { dag_runs: rows.map(showRun), total_entries: total };
}
