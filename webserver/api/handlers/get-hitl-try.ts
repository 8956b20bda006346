import { findHitlOfTry } from "#core/database/console-hitl.ts";
import { listPastTries } from "#core/database/console-task-instances.ts";
import type { HitlTryAnswer } from "../../protocol.ts";
import { ApiError } from "../api-error.ts";
import type { Handler } from "../call.ts";
import { taskInstanceOf } from "../find-or-404.ts";
import { parseInteger } from "../read-query.ts";
import { showHitl } from "../show/show-hitl.ts";
import { showTry } from "../show/show-task-instance.ts";

/** What one try of a task asked people, and the answer. */
export const getHitlTry: Handler = async (call): Promise<HitlTryAnswer> => {
  const { db } = call.server;
  const latest = await taskInstanceOf(call);
  const { dag_run_id: dagRunId, task_id: taskId, map_index: mapIndex } = latest;
  const tryNumber = parseInteger(call.params.tryNumber!, ["path", "try_number"]);
  const hitl = await findHitlOfTry(db, { dagRunId, taskId, mapIndex, tryNumber });
  const past = await listPastTries(db, dagRunId, taskId, mapIndex);
  const attempt = past.find((one) => one.try_number === tryNumber) ?? latest;
  if (hitl === undefined || attempt.try_number !== tryNumber) {
    const key = `dag_id: \`${latest.dag_id}\`, run_id: \`${latest.run_id}\`, task_id: \`${taskId}\`, map_index: \`${mapIndex}\``;
    throw new ApiError(
      404,
      `The Task Instance with ${key} and try_number: \`${tryNumber}\` has no Human-in-the-loop detail`,
    );
  }
  return { ...showHitl(hitl, latest), task_instance: showTry(latest, attempt) };
};
