import { type DagStructure, type PlannedTask, readDagStructure } from "../../dag-structure/dag-structure.ts";
import type { RunType } from "../../run-id.ts";
import type { Transaction } from "../connect.ts";
import { loadSerializedDag } from "../dag-versions.ts";
import { plannedColumns } from "../planned-columns.ts";
import { tasksOfRun } from "../tasks-of-run.ts";
import { tellOfRuns } from "./change-states.ts";
import { FORGET_WAITING } from "./forget-waiting.ts";

interface MovedRun {
  readonly id: number;
  readonly versionId: string;
  readonly logicalDate: Date | null;
  readonly runType: RunType;
}

/**
 * Moves runs to the latest version of their DAG, and makes their task instances fit it (Airflow's
 * `DagRun.verify_integrity`): tasks that are new get an instance, unfinished instances of tasks that are gone become
 * `removed`, those of tasks that are back lose that state, and what nobody has begun takes the task's new settings.
 * Finished instances of tasks that are gone stay, for the record. Runs of the latest version are left alone.
 *
 * What takes new settings gets a fresh id, so that whoever has just held the old ones against the limits finds no row.
 * @returns the ids of the runs that moved
 */
export async function moveToLatestVersion(tx: Transaction, dagRunIds: readonly number[]): Promise<number[]> {
  const { rows } = await tx.query<MovedRun>(
    `with moving as (
       select r.id, dag.dag_version_id from dag_run r join dag using (dag_id)
        where r.id = any($1) and r.dag_version_id <> dag.dag_version_id order by r.id for update of r
     )
     update dag_run r set dag_version_id = moving.dag_version_id from moving where r.id = moving.id
     returning r.id, r.dag_version_id as "versionId", r.logical_date as "logicalDate", r.run_type as "runType"`,
    [dagRunIds],
  );
  for (const versionId of new Set(rows.map((row) => row.versionId))) {
    const runs = rows.filter((row) => row.versionId === versionId);
    await fitInstances(tx, runs, readDagStructure(await loadSerializedDag(tx, versionId)));
    await tellOfRuns(tx, idsOf(runs));
  }
  return rows.map((row) => row.id);
}

/** Moves all unfinished runs of a DAG to its latest version; a DAG that is not versioned asks for it. */
export async function moveUnfinishedRuns(tx: Transaction, dagId: string): Promise<void> {
  const { rows } = await tx.query<{ id: number }>(
    `select r.id from dag_run r join dag using (dag_id)
      where r.dag_id = $1 and r.state in ('queued', 'running') and r.dag_version_id <> dag.dag_version_id`,
    [dagId],
  );
  if (rows.length === 0) return;
  await moveToLatestVersion(
    tx,
    rows.map((row) => row.id),
  );
}

const REMOVE = `
  with gone as materialized (
    select id from task_instance
     where dag_run_id = any($1)
       -- Gone, or mapped once and not any more.
       and (task_id <> all($2) or task_id = any($3) and map_index >= 0)
       and (state is null or state not in ('success', 'failed', 'skipped', 'upstream_failed', 'removed'))
     order by id for update
  )
  update task_instance ti set state = 'removed', end_date = now(), ${FORGET_WAITING}
    from gone where ti.id = gone.id`;

/** $2: tasks; $3: those that are not mapped; $4 to $11: of each, what its rows are made from. */
const RESTORE_AND_ADD = `
  with planned as (
    select * from unnest($2::text[], $4::integer[], $5::text[], $6::text[], $7::integer[], $8::text[], $9::integer[],
                         $10::integer[], $11::integer[])
      as t (task_id, retries, operator, pool, pool_slots, queue, priority_weight, per_dag, per_dagrun)
  ), idle as materialized (
    select id from task_instance ti
     where dag_run_id = any($1) and task_id = any($2) and (task_id <> all($3) or map_index = -1)
       -- One of several instances that is removed was left over by a shorter map.
       and (state is null or state = 'removed' and not exists (
             select 1 from task_instance other
              where other.dag_run_id = ti.dag_run_id and other.task_id = ti.task_id
                and other.state is distinct from 'removed'))
     order by id for update
  ), fitted as (
    update task_instance ti
       set id = uuid7(), state = null, start_date = null, end_date = null, max_tries = ti.try_number + planned.retries,
           operator = planned.operator, pool = planned.pool, pool_slots = planned.pool_slots, queue = planned.queue,
           priority_weight = planned.priority_weight, max_active_tis_per_dag = planned.per_dag,
           max_active_tis_per_dagrun = planned.per_dagrun
      from idle, planned where ti.id = idle.id and planned.task_id = ti.task_id
  )
  insert into task_instance (id, dag_run_id, dag_id, run_id, task_id, max_tries, operator, pool, pool_slots, queue,
                             priority_weight, order_date, max_active_tis_per_dag, max_active_tis_per_dagrun)
  select uuid7(), r.id, r.dag_id, r.run_id, t.task_id, t.retries, t.operator, t.pool, t.pool_slots, t.queue,
         t.priority_weight, coalesce(r.logical_date, r.run_after), t.per_dag, t.per_dagrun
    from dag_run r, planned t
   where r.id = any($1)
     and not exists (select 1 from task_instance ti
                      where ti.dag_run_id = r.id and ti.task_id = t.task_id
                        and (ti.task_id <> all($3) or ti.map_index = -1))`;

async function fitInstances(tx: Transaction, runs: readonly MovedRun[], structure: DagStructure): Promise<void> {
  const unmapped = structure.tasks.filter((task) => task.expansion === null).map((task) => task.taskId);
  await tx.query(REMOVE, [idsOf(runs), idsOfTasks(structure.tasks), unmapped]);
  // Tasks with dates of their own are not part of every run.
  for (const { tasks, ids } of groupByTasks(runs, structure)) {
    await tx.query(RESTORE_AND_ADD, [ids, idsOfTasks(tasks), unmapped, ...plannedColumns(tasks)]);
  }
}

/** Runs that have the same tasks, together. */
function groupByTasks(
  runs: readonly MovedRun[],
  structure: DagStructure,
): Iterable<{ readonly tasks: readonly PlannedTask[]; readonly ids: readonly number[] }> {
  const groups = new Map<string, { readonly tasks: readonly PlannedTask[]; readonly ids: number[] }>();
  for (const run of runs) {
    const tasks = tasksOfRun(structure, run);
    const key = idsOfTasks(tasks).join("\n");
    const group = groups.get(key) ?? { tasks, ids: [] };
    group.ids.push(run.id);
    groups.set(key, group);
  }
  return groups.values();
}

const idsOf = (runs: readonly MovedRun[]) => runs.map((run) => run.id);
const idsOfTasks = (tasks: readonly PlannedTask[]) => tasks.map((task) => task.taskId);
