import { findHitlDetail, type HitlRow } from "#core/database/console-hitl.ts";
import { findTaskInstanceRow, type TaskInstanceRow } from "#core/database/console-task-instances.ts";
import { ApiError } from "./api-error.ts";
import type { Call } from "./call.ts";
import { runOf } from "./find-or-404.ts";
import { parseInteger } from "./read-query.ts";

/** What the task instance that the path names has asked people. */
export async function hitlOf(call: Call): Promise<{ hitl: HitlRow; taskInstance: TaskInstanceRow }> {
  const { dagId, runId, taskId } = call.params as { dagId: string; runId: string; taskId: string };
  const mapIndex = parseInteger(call.params.mapIndex!, ["path", "map_index"], -1);
  const { db } = call.server;
  const run = await runOf(call);
  const [hitl, taskInstance] = await Promise.all([
    findHitlDetail(db, { dagRunId: run.id, taskId, mapIndex }),
    findTaskInstanceRow(db, run.dag_id, run.run_id, taskId, mapIndex),
  ]);
  if (taskInstance === undefined) {
    throw new ApiError(
      404,
      `The Task Instance with dag_id: \`${dagId}\`, run_id: \`${runId}\`, task_id: \`${taskId}\` and map_index: ` +
        `\`${mapIndex}\` was not found`,
    );
  }
  if (hitl === undefined) {
    throw new ApiError(404, `Human-in-the-loop detail does not exist for Task Instance with id ${taskInstance.id}`);
  }
  return { hitl, taskInstance };
}
