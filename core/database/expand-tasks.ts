import type { TaskInstanceState } from "../states/task-moves.ts";
import type { Queryable } from "./connect.ts";

/** An XCom that says how many instances a mapped task has. */
export interface LengthSource {
  readonly dagRunId: number;
  readonly taskId: string;
  readonly key: string;
  /** Whether the task is mapped itself: its length is the number of instances that pushed the XCom. */
  readonly isMapped: boolean;
}

/** How many items XComs have, in the order asked; null where there is none, or one without items. */
export async function findLengths(db: Queryable, sources: readonly LengthSource[]): Promise<(number | null)[]> {
  const { rows } = await db.query<{ length: number | null }>({
    name: "find-lengths",
    text: `select case
                    when s.mapped then (
                      select count(*) from xcom x
                       where x.dag_run_id = s.run and x.task_id = s.task and x.key = s.key and x.map_index >= 0)
                    else (
                      select case json_typeof(x.value)
                               when 'array' then json_array_length(x.value)
                               when 'object' then (select count(*) from json_object_keys(x.value)) end
                        from xcom x
                       where x.dag_run_id = s.run and x.task_id = s.task and x.key = s.key and x.map_index = -1)
                  end::integer as length
             from unnest($1::bigint[], $2::text[], $3::text[], $4::boolean[])
                  with ordinality as s (run, task, key, mapped, place)
            order by s.place`,
    values: [
      sources.map((source) => source.dagRunId),
      sources.map((source) => source.taskId),
      sources.map((source) => source.key),
      sources.map((source) => source.isMapped),
    ],
  });
  return rows.map((row) => row.length);
}

/** A task to be expanded in a run. */
export interface TaskToExpand {
  readonly dagRunId: number;
  readonly taskId: string;
  /** How many instances; null: it cannot be known. */
  readonly length: number | null;
  readonly retries: number;
}

/** All rows of an expanded task. */
export interface ExpandedTask {
  readonly dagRunId: number;
  readonly taskId: string;
  readonly instances: readonly (readonly [mapIndex: number, state: TaskInstanceState])[];
}

/** Gives tasks as many mapped instances as they are to have (migration 0004), and returns all their rows. */
export async function expandTasks(db: Queryable, tasks: readonly TaskToExpand[]): Promise<ExpandedTask[]> {
  const { rows } = await db.query<ExpandedTask>({
    name: "expand-tasks",
    text: `select dag_run_id as "dagRunId", task_id as "taskId", instances from expand_tasks($1, $2, $3, $4)`,
    values: [
      tasks.map((task) => task.dagRunId),
      tasks.map((task) => task.taskId),
      tasks.map((task) => task.length),
      tasks.map((task) => task.retries),
    ],
  });
  return rows;
}
