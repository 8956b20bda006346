/**
 * Parts of statements that have task instances start over whose try was cleared while it ran and has been stopped:
 * rows of task_instance in state `restarting`, locked in a part of the given name. The try goes to the history, and the
 * row is one again that nobody has looked at: the scheduler judges it when what is above it has ended.
 */
export const KEEP_CLEARED = (locked: string) => `kept as (
    insert into task_instance_history
      (id, dag_run_id, dag_id, run_id, task_id, map_index, state, try_number, queued_at, start_date, end_date, hostname, pid)
    select id, dag_run_id, dag_id, run_id, task_id, map_index, 'failed', try_number, queued_at, start_date, now(),
           hostname, pid
      from ${locked} where state = 'restarting'
    on conflict (id) do nothing
  )`;

/** The second part: the update itself, to which a `returning` may be added. */
export const START_OVER = (locked: string) => `update task_instance ti
       set id = uuid7(), state = null, scheduled_at = null, queued_at = null, start_date = null, end_date = null,
           due_at = null, waiting_since = null, lost_tries = 0, hostname = null, pid = null, job_id = null, last_heartbeat_at = null
      from ${locked} where ti.id = ${locked}.id and ${locked}.state = 'restarting'`;
