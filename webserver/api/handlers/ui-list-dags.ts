import { type AwaitedAsset, listAwaitedAssets } from "#core/database/awaited-assets.ts";
import { countDags, DAG_ORDER, findDagActivity, listDags } from "#core/database/console-dags.ts";
import type { DagListAnswer, ShownTaskState } from "../../protocol.ts";
import type { Handler } from "../call.ts";
import { readBoolean, readPage, readString } from "../read-query.ts";
import { splitOwners } from "../show/show-dag.ts";
import { showInstant } from "../show/show-instant.ts";
import { summarizeRun } from "../show/show-run.ts";

/** The DAG list, with what happened lately in each. */
export const uiListDags: Handler = async ({ server: { db, config }, query }): Promise<DagListAnswer> => {
  const search = readString(query, "search");
  const [{ rows, total }, counts] = await Promise.all([
    listDags(
      db,
      { dagIdPattern: search === "" ? undefined : search, paused: readBoolean(query, "paused") },
      readPage(query, DAG_ORDER, "dag_id"),
    ),
    countDags(db),
  ]);
  const dagIds = rows.map((row) => row.dag_id);
  const [activity, awaited] = await Promise.all([findDagActivity(db, dagIds), listAwaitedAssets(db, dagIds)]);
  return {
    dags: rows.map((dag) => {
      const { taskCounts, runCounts, lastRun } = activity.get(dag.dag_id)!;
      const tasks = [...taskCounts].map(([state, count]): [ShownTaskState, number] => [state ?? "no_status", count]);
      return {
        dag_id: dag.dag_id,
        dag_display_name: dag.dag_display_name ?? dag.dag_id,
        description: dag.description,
        is_paused: dag.is_paused,
        has_import_errors: dag.has_import_errors,
        timetable_summary: dag.timetable_summary,
        relative_fileloc: dag.relative_fileloc,
        owners: splitOwners(dag.owners),
        tags: dag.tags,
        max_active_runs: dag.max_active_runs,
        next_dagrun_run_after: showInstant(dag.next_dagrun_run_after),
        assets: countAssets(awaited.filter(({ dag_id }) => dag_id === dag.dag_id)),
        recent_tasks: Object.fromEntries(tasks),
        runs: Object.fromEntries(runCounts),
        last_run: lastRun === undefined ? null : summarizeRun(lastRun),
      };
    }),
    total_entries: total,
    ...counts,
    default_view: config.webserver.dag_default_view === "graph" ? "graph" : "grid",
  };
};

function countAssets(awaited: readonly AwaitedAsset[]): { ready: number; total: number } | null {
  if (awaited.length === 0) return null;
  return { ready: awaited.filter(({ last_update }) => last_update !== null).length, total: awaited.length };
}
