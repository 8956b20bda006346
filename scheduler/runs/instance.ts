import type { TaskInstanceState } from "#core/states/task-moves.ts";

/** A task instance by its task's number; the map index is -1 for one that is not mapped or not yet expanded. */
export interface Instance {
  readonly task: number;
  readonly mapIndex: number;
}

/** A task instance's row as the tables have it. */
export type Row = readonly [taskId: string, mapIndex: number, state: TaskInstanceState];

/** A task instance's state; undefined where there is no such row. */
export type RowState = TaskInstanceState | undefined;
