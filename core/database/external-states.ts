import type { DagOutline, ExternalStates, ExternalTarget } from "#sdk/dag-runs.ts";
import { tasksByGroup } from "../dag-structure/task-groups.ts";
import type { Queryable } from "./connect.ts";
import { loadSerializedDag } from "./dag-versions.ts";

/** The states of runs and of tasks in them, for any number of askers in one statement, in their order. */
export async function findExternalStates(db: Queryable, targets: readonly ExternalTarget[]): Promise<ExternalStates[]> {
  const { rows } = await db.query<{ place: number } & ExternalStates["runs"][number]>({
    name: "find-external-states",
    text: `
      with target as materialized (
        select (place - 1)::integer as place, t ->> 'dagId' as dag_id, t -> 'runIds' as run_ids,
               t -> 'logicalDates' as dates, t -> 'taskIds' as task_ids
          from json_array_elements($1::json) with ordinality as given (t, place)
      ), run as (
        select place, task_ids, r.id, r.run_id, r.state, r.logical_date
          from target, json_array_elements_text(run_ids) as wanted (run_id)
          join lateral (select * from dag_run
                         where dag_run.dag_id = target.dag_id and dag_run.run_id = wanted.run_id) as r on true
        union all
        select place, task_ids, r.id, r.run_id, r.state, r.logical_date
          from target, json_array_elements_text(dates) as wanted (date)
          join lateral (select * from dag_run
                         where dag_run.dag_id = target.dag_id and dag_run.logical_date = wanted.date::timestamptz) as r on true
      )
      select place, run_id as "runId", state,
             case when json_typeof(task_ids) = 'array' then coalesce(
               (select json_agg(coalesce(ti.state, 'none'))
                  from json_array_elements_text(task_ids) as wanted (task_id)
                  join lateral (select state from task_instance
                                 where dag_run_id = run.id and task_id = wanted.task_id offset 0) as ti on true), '[]')
             else '[]' end as "taskStates"
        from run order by place, logical_date, run_id`,
    values: [JSON.stringify(targets)],
  });
  const found = targets.map((): { runs: ExternalStates["runs"][number][] } => ({ runs: [] }));
  for (const { place, ...run } of rows) found[place]!.runs.push(run);
  return found;
}

/** The tasks and groups of a DAG's latest version; null when there is no such DAG. */
export async function findDagOutline(db: Queryable, dagId: string): Promise<DagOutline | null> {
  const { rows } = await db.query<{ dag_version_id: string | null }>(
    "select dag_version_id from dag where dag_id = $1 and not is_stale",
    [dagId],
  );
  const versionId = rows[0]?.dag_version_id;
  if (!versionId) return null;
  const { dag } = await loadSerializedDag(db, versionId);
  const groups = Object.fromEntries(tasksByGroup(dag.task_group));
  return { taskIds: dag.tasks.map(({ __var }) => __var.task_id), groups };
}
