import type { ChangedTask } from "./notifications.ts";
import type { SideEffect } from "./side-effects.ts";

/** The XCom in which a task that decides keeps what it skipped, under Airflow's name. */
export const SKIPPED_KEY = "skipmixin_key";

/**
 * A task that decides skips those that it does not take, and remembers them, so that one that is cleared alone is
 * skipped again. Tasks that are queued already, as a trigger rule may have had it, go their own way.
 */
export const skipTasks: SideEffect = {
  concerns: ({ skipped }) => skipped !== undefined,
  async store(tx, finished) {
    const { rows } = await tx.query<ChangedTask>({
      name: "skip-tasks",
      text: `
        with skip as materialized (
          select dag_run_id, task_id, map_index, ids::json as ids, decision::json as decision
            from unnest($1::bigint[], $2::text[], $3::integer[], $4::text[], $5::text[])
              as s (dag_run_id, task_id, map_index, ids, decision)
        ), remembered as (
          insert into xcom (dag_run_id, task_id, map_index, key, value)
          select dag_run_id, task_id, map_index, '${SKIPPED_KEY}', decision from skip
          on conflict (dag_run_id, task_id, map_index, key) do update set value = excluded.value, timestamp = now()
        ), passed_over as materialized (
          select ti.id from skip, json_array_elements_text(skip.ids) as task (id)
            join lateral (select id, state from task_instance
                           where dag_run_id = skip.dag_run_id and task_id = task.id
                             -- An instance of a mapped group decides for its own index.
                             and (skip.map_index = -1 or map_index = skip.map_index) offset 0) as ti on true
           where ti.state is null or ti.state = 'scheduled'
        ), locked as materialized (
          select ti.id from task_instance ti
           where ti.id in (select id from passed_over) and (ti.state is null or ti.state = 'scheduled')
           order by ti.id for update
        )
        update task_instance ti set state = 'skipped', start_date = now(), end_date = now()
          from locked where ti.id = locked.id
        returning ti.dag_run_id as "dagRunId", ti.dag_id as "dagId", ti.task_id as "taskId",
                  ti.map_index as "mapIndex", ti.state`,
      values: [
        finished.map((one) => one.dagRunId),
        finished.map((one) => one.taskId),
        finished.map((one) => one.mapIndex),
        finished.map(({ outcome }) => JSON.stringify(outcome.skipped)),
        finished.map(({ outcome: { skipped, followed } }) => JSON.stringify(followed ? { followed } : { skipped })),
      ],
    });
    return rows;
  },
};
