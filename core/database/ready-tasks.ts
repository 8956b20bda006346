import type { TaskInstanceState } from "../states/task-moves.ts";
import type { Queryable } from "./connect.ts";
import { TELL_OF_CHANGED } from "./notifications.ts";

/** Names a task instance of a run. */
export interface TaskOfRun {
  readonly dagRunId: number;
  readonly taskId: string;
  readonly mapIndex: number;
}

export interface QueuedTask extends TaskOfRun {
  readonly state: TaskInstanceState;
  /** The try's id. */
  readonly id: string;
  readonly queue: string;
  readonly priority: number;
  /** Whether this call gave it its state. */
  readonly ours: boolean;
}

export interface QueueOutcome {
  /** Every ready task instance with the state it has now, and those of the waiting ones that were queued. */
  readonly tasks: readonly QueuedTask[];
  /** Whether scheduled task instances are left, which wait for a free slot. */
  readonly backlog: boolean;
}

type MovedRow = [number, string, number, TaskInstanceState, string, string, number, boolean];

/**
 * Queues what may run, under all limits, in one round trip (`setup/functions/queue-tasks.sql`): the given task instances,
 * whose dependencies are met, those that had to wait, and those that are due again.
 * @param parallelism task instances that may be queued or running at once in the whole installation
 * @param servedQueues the queues that living workers serve; for others nothing is queued. null: all are served
 */
export async function queueTasks(
  db: Queryable,
  ready: readonly TaskOfRun[],
  parallelism: number,
  servedQueues: readonly string[] | null = null,
): Promise<QueueOutcome> {
  const { rows } = await db.query<{ moved: MovedRow[]; backlog: boolean }>({
    name: "queue-tasks",
    text: "select moved, backlog from queue_tasks($1, $2, $3, $4, $5)",
    values: [
      ready.map((task) => task.dagRunId),
      ready.map((task) => task.taskId),
      ready.map((task) => task.mapIndex),
      parallelism,
      servedQueues,
    ],
  });
  const { moved, backlog } = rows[0]!;
  const tasks = moved.map(([dagRunId, taskId, mapIndex, state, id, queue, priority, ours]) => ({
    dagRunId,
    taskId,
    mapIndex,
    state,
    id,
    queue,
    priority,
    ours,
  }));
  return { tasks, backlog };
}

/**
 * Gives task instances that nobody has scheduled the state that they take without running; returns how many it did. Of a
 * run in which somebody else was faster it gives none: what was decided there may have followed from something else.
 */
export async function settleTasks(
  db: Queryable,
  tasks: readonly (TaskOfRun & { readonly state: "skipped" | "upstream_failed" | "removed" | "success" })[],
): Promise<number> {
  const { rows } = await db.query<{ settled: number }>({
    name: "settle-tasks",
    text: `with found as materialized (
             select ti.id, ti.dag_run_id, ti.state as state_before, s.state
               from unnest($1::bigint[], $2::text[], $3::integer[], $4::text[])
                 as s (dag_run_id, task_id, map_index, state)
               join task_instance ti using (dag_run_id, task_id, map_index)
              order by ti.id for update of ti
           ), wrong as materialized (
             select distinct dag_run_id from found where state_before is not null
           ), settled as (
             update task_instance ti set state = found.state, start_date = now(), end_date = now()
               from found
              where ti.id = found.id and found.dag_run_id not in (select dag_run_id from wrong)
             returning ti.dag_run_id, ti.dag_id, ti.task_id, ti.map_index, ti.state
           ), told as (${TELL_OF_CHANGED("settled", ["daisy_view"])})
           select (select count(*) from settled)::integer as settled from told`,
    values: [
      tasks.map((task) => task.dagRunId),
      tasks.map((task) => task.taskId),
      tasks.map((task) => task.mapIndex),
      tasks.map((task) => task.state),
    ],
  });
  return rows[0]!.settled;
}

/** Milliseconds until the next retry, reschedule or time trigger is due (not above zero: now), or null when none is. */
export async function nextDueIn(db: Queryable): Promise<number | null> {
  const { rows } = await db.query<{ wait: number }>({
    name: "next-due",
    text: `select (extract(epoch from ti.due_at - now()) * 1000)::double precision as wait from task_instance ti
             join dag_run r on r.id = ti.dag_run_id and r.state = 'running'
             join dag d on d.dag_id = ti.dag_id and not d.is_paused and not d.is_stale
            where ti.state in ('up_for_retry', 'up_for_reschedule', 'deferred') and ti.due_at is not null
            order by ti.due_at limit 1`,
  });
  return rows[0]?.wait ?? null;
}

/** Tries that were queued longer than some seconds ago and that no worker has claimed. */
export async function listWaitingTries(
  db: Queryable,
  olderThanSeconds: number,
  limit: number,
): Promise<{ id: string; queue: string; priority: number }[]> {
  const { rows } = await db.query<{ id: string; queue: string; priority: number }>({
    name: "list-waiting-tries",
    text: `select id, queue, priority_weight as priority from task_instance
            where state = 'queued' and queued_at < now() - $1 * interval '1 second'
            order by priority_weight desc, queued_at limit $2`,
    values: [olderThanSeconds, limit],
  });
  return rows;
}
