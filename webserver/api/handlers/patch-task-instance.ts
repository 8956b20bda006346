import { nameOf } from "#core/database/console-task-instances.ts";
import { recordEvent } from "#core/database/record-event.ts";
import type { Page, TaskInstanceAnswer } from "../../protocol.ts";
import type { Call, Handler } from "../call.ts";
import { taskInstancesOf } from "../find-or-404.ts";
import { markRows, PATCH_FIELDS, patchInstances, readInstancePatch } from "../patch-instances.ts";
import { readBody } from "../read-body.ts";
import { fieldsToPatch } from "../read-fields.ts";
import { showInstances } from "../show/show-instances.ts";

type Answer = Page<"task_instances", TaskInstanceAnswer>;

/** Marks a task instance, or all of a mapped task, writes a note on them, or both. */
export const patchTaskInstance: Handler = async (call): Promise<Answer> => {
  const { db } = call.server;
  const rows = await taskInstancesOf(call);
  await patchInstances(db, rows, readPatch(call), isWhole(call));
  const { dag_id: dagId, run_id: runId, task_id: taskId } = rows[0]!;
  await recordEvent(db, { event: "patch_task_instance", dagId, runId, taskId, extra: call.body });
  return showInstances(db, rows.map(nameOf));
};

/** Says which task instances a mark would change. */
export const dryRunTaskInstance: Handler = async (call): Promise<Answer> => {
  const { db } = call.server;
  const rows = await taskInstancesOf(call);
  const patch = readPatch(call);
  if (patch.mark === undefined) return showInstances(db, rows.map(nameOf));
  return showInstances(db, await markRows(db, rows, patch, patch.mark, { isWhole: isWhole(call), dryRun: true }));
};

const isWhole = ({ params }: Call) => params.mapIndex === undefined;

function readPatch({ body: value, query }: Call) {
  const body = readBody(value, PATCH_FIELDS);
  return readInstancePatch(body, fieldsToPatch(body, query));
}
