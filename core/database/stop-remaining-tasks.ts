import { FINISHED_TASK_STATES } from "#sdk/states.ts";
import { REQUEST_WHEN_STOPPED } from "./callback-requests.ts";
import type { Queryable } from "./connect.ts";
import { TELL_OF_CHANGED } from "./notifications.ts";

/** A run in which tasks failed that stop the others. */
export interface FailedFast {
  readonly dagRunId: number;
  /** Tasks that are not stopped: the failed ones, and teardowns. */
  readonly spared: readonly string[];
}

/**
 * Ends what is left of runs that fail fast, as Airflow's `_stop_remaining_tasks`: what runs fails (its worker finds
 * out by its heartbeat and kills it), and everything else that has not ended is skipped.
 */
export async function stopRemainingTasks(db: Queryable, runs: readonly FailedFast[]): Promise<void> {
  await db.query({
    name: "stop-remaining-tasks",
    text: `with left_over as materialized (
             -- In the order of ids, as workers lock those whose outcomes they store.
             select ti.id from task_instance ti
               join json_to_recordset($1) as s ("dagRunId" bigint, spared json) on ti.dag_run_id = s."dagRunId"
              where (ti.state is null or ti.state <> all ($2))
                and ti.task_id not in (select json_array_elements_text(s.spared))
              order by ti.id for update of ti
           ), stopped as (
             update task_instance ti
                set state = case when ti.state = 'running' then 'failed' else 'skipped' end,
                    start_date = coalesce(ti.start_date, now()), end_date = now(), due_at = null
               from left_over where ti.id = left_over.id
             returning ti.*
           ), failed as (
             select * from stopped where state = 'failed'
           ), ${REQUEST_WHEN_STOPPED("failed")}
           ${TELL_OF_CHANGED("stopped", ["daisy_view"])}`,
    values: [JSON.stringify(runs), FINISHED_TASK_STATES],
  });
}
