import { evaluateLength, sourcesOf, type XComSource } from "#core/dag-structure/expansion.ts";
import type { Queryable } from "#core/database/connect.ts";
import { expandTasks, findLengths, type TaskToExpand } from "#core/database/expand-tasks.ts";
import type { RunMirror } from "./run-mirror.ts";

/** An expansion of a run whose length is known now, by its number. */
export interface DueExpansion {
  readonly mirror: RunMirror;
  readonly expansion: number;
}

/**
 * Makes the rows of mapped tasks: one statement reads all lengths, one makes all rows, and the mirrors take them over.
 * A length that changes in between, because a task was cleared, is read again when that task has ended again.
 */
export async function expandRuns(db: Queryable, due: readonly DueExpansion[]): Promise<void> {
  const lengths = await readLengths(db, due);
  const tasks = due.flatMap(({ mirror, expansion }, place) => tasksOf(mirror, expansion, lengths[place]!));
  const rows = new Map(
    (await expandTasks(db, tasks)).map((task) => [keyOf(task.dagRunId, task.taskId), task.instances]),
  );
  for (const { mirror, expansion } of due) {
    const { structure, dagRunId } = mirror;
    const taskIds = structure.expansions[expansion]!.tasks.map((task) => structure.tasks[task]!.taskId);
    const taken = taskIds.flatMap((taskId) =>
      (rows.get(keyOf(dagRunId, taskId)) ?? []).map(([mapIndex, state]) => [taskId, mapIndex, state] as const),
    );
    mirror.expand(expansion, taken);
  }
}

async function readLengths(db: Queryable, due: readonly DueExpansion[]): Promise<(number | null)[]> {
  const sources = due.map(({ mirror, expansion }) => sourcesOf(mirror.structure.expansions[expansion]!.length));
  const wanted = due.flatMap(({ mirror }, place) => sources[place]!.map((source) => ({ mirror, source })));
  const found =
    wanted.length === 0
      ? []
      : await findLengths(
          db,
          wanted.map(({ mirror: { dagRunId, structure }, source: { task, key } }) => {
            const { taskId, expansion } = structure.tasks[task]!;
            return { dagRunId, taskId, key, isMapped: expansion !== null };
          }),
        );
  const known = new Map(wanted.map(({ mirror, source }, place) => [lengthKey(mirror, source), found[place]!]));
  return due.map(({ mirror, expansion }) =>
    evaluateLength(
      mirror.structure.expansions[expansion]!.length,
      (source) => known.get(lengthKey(mirror, source)) ?? null,
    ),
  );
}

function tasksOf({ dagRunId, structure }: RunMirror, expansion: number, length: number | null): TaskToExpand[] {
  return structure.expansions[expansion]!.tasks.map((task) => {
    const { taskId, retries } = structure.tasks[task]!;
    return { dagRunId, taskId, length, retries };
  });
}

const keyOf = (dagRunId: number, taskId: string) => `${dagRunId} ${taskId}`;
const lengthKey = ({ dagRunId }: RunMirror, { task, key }: XComSource) => `${dagRunId} ${task} ${key}`;
