import type { Queryable } from "./connect.ts";

/** A task instance that depends on its task's instances of the run before. */
export interface PastDependency {
  readonly dagRunId: number;
  readonly taskId: string;
  /** Whether a task that has no instance in any earlier run may go. */
  readonly ignoreFirst: boolean;
  /** Whether runs that users started are no past, which is so in DAGs that catch up. */
  readonly catchup: boolean;
  /** In a DAG that catches up: a run before this date is no past. */
  readonly startDate: Date | null;
  /** Further tasks of the run before whose instances have to have succeeded or been skipped. */
  readonly downstream: readonly string[];
}

/**
 * For each task instance, in the order given, whether what it depends on in the past has come about (Airflow's
 * `PrevDagrunDep`, `airflow/ti_deps/deps/prev_dagrun_dep.py`). The run before is the one with the next earlier logical
 * date, of whatever kind; in a DAG that catches up, one that the schedule or a backfill made. All of the task's
 * instances there have to be `success` or `skipped`. Without a run before, and for the first run of a backfill, a
 * task instance may go.
 */
export async function arePastDependenciesMet(
  db: Queryable,
  dependencies: readonly PastDependency[],
): Promise<boolean[]> {
  const { rows } = await db.query<{ met: boolean }>({
    name: "past-dependencies",
    text: `
      select case
          when r.backfill_id is not null and exists (
            select from backfill_dag_run b
             where b.dag_run_id = r.id and b.backfill_id = r.backfill_id and b.sort_ordinal = 1) then true
          when previous.id is null then true
          when asked.catchup and previous.logical_date < asked.start_date then true
          when not exists (
            select from task_instance ti where ti.dag_run_id = previous.id and ti.task_id = asked.task_id)
            then asked.ignore_first and not exists (
              select from dag_run earlier join task_instance ti on ti.dag_run_id = earlier.id
               where earlier.dag_id = r.dag_id and earlier.logical_date < r.logical_date and ti.task_id = asked.task_id)
          else not exists (
            select from task_instance ti
             where ti.dag_run_id = previous.id
               and (ti.task_id = asked.task_id
                    or ti.task_id in (select json_array_elements_text(asked.downstream::json)))
               and (ti.state is null or ti.state not in ('success', 'skipped')))
        end as met
        from unnest($1::bigint[], $2::text[], $3::boolean[], $4::boolean[], $5::timestamptz[], $6::text[])
             with ordinality as asked (dag_run_id, task_id, ignore_first, catchup, start_date, downstream, place)
        join dag_run r on r.id = asked.dag_run_id
        left join lateral (
          select p.id, p.logical_date from dag_run p
           where p.dag_id = r.dag_id and p.logical_date < r.logical_date
             and (not asked.catchup or p.run_type <> 'manual')
           order by p.logical_date desc limit 1
        ) as previous on true
       order by asked.place`,
    values: [
      dependencies.map(({ dagRunId }) => dagRunId),
      dependencies.map(({ taskId }) => taskId),
      dependencies.map(({ ignoreFirst }) => ignoreFirst),
      dependencies.map(({ catchup }) => catchup),
      dependencies.map(({ startDate }) => startDate),
      dependencies.map(({ downstream }) => JSON.stringify(downstream)),
    ],
  });
  return rows.map((row) => row.met);
}
