import { deleteTaskInstance } from "#core/database/by-hand/delete-run.ts";
import type { Database } from "#core/database/connect.ts";
import { listInstancesOfTask, nameOf } from "#core/database/console-task-instances.ts";
import { recordEvent } from "#core/database/record-event.ts";
import { DaisyError } from "#core/errors.ts";
import type { BulkActionAnswer, BulkAnswer } from "../../protocol.ts";
import { ApiError, invalid } from "../api-error.ts";
import type { Call, Handler } from "../call.ts";
import { ALL } from "../find-or-404.ts";
import { PATCH_FIELDS, patchInstances, readInstancePatch } from "../patch-instances.ts";
import { readBody } from "../read-body.ts";
import { readRequiredText, readText } from "../read-fields.ts";

const ACTIONS = ["create", "update", "delete"] as const;
type ActionName = (typeof ACTIONS)[number];
type Body = Readonly<Record<string, unknown>>;

/** One entity of an action: a task, in one run, and what to do with it. */
interface Entity {
  readonly dagId: string;
  readonly runId: string;
  readonly taskId: string;
  /** Undefined: every instance of the task. */
  readonly mapIndex: number | undefined;
  readonly body: Body;
}

/**
 * Marks, writes notes on and deletes many task instances, in any run when the path says `~`. What cannot be done with
 * one of them is told beside what was done with the others (Airflow's `BulkTaskInstanceService`).
 */
export const bulkTaskInstances: Handler = async (call): Promise<BulkAnswer> => {
  const body = readBody(call.body, ["actions"]);
  if (!Array.isArray(body.actions))
    throw invalid(["body", "actions"], "list_type", "Input should be a valid list", body);
  const answer: BulkAnswer = { create: null, update: null, delete: null };
  // All of it is read before anything is done.
  const actions = body.actions.map((action: unknown, index) => readAction(call, action, index));
  for (const { name, skipsMissing, entities } of actions) {
    const results = answer[name] ?? { success: [], errors: [] };
    answer[name] = results;
    if (name === "create") {
      results.errors.push({ error: "Task instances bulk create is not supported", status_code: 405 });
    } else {
      for (const entity of entities) await attempt(results, () => apply(call.server.db, name, entity, skipsMissing));
    }
  }
  await recordEvent(call.server.db, { event: "bulk_task_instances", extra: body });
  return answer;
};

async function attempt(results: BulkActionAnswer, work: () => Promise<string[]>): Promise<void> {
  try {
    results.success.push(...(await work()));
  } catch (error) {
    const isOurs = error instanceof ApiError || error instanceof DaisyError;
    if (!isOurs) throw error;
    const status = error instanceof ApiError ? error.status : error.httpStatus;
    results.errors.push({ error: error.message, status_code: status });
  }
}

async function apply(
  db: Database,
  name: Exclude<ActionName, "create">,
  entity: Entity,
  skipsMissing: boolean,
): Promise<string[]> {
  const { dagId, runId, taskId, mapIndex, body } = entity;
  if (dagId === ALL || runId === ALL) {
    const message = "When using wildcard in path, dag_id and dag_run_id must be specified in request body for task_id:";
    throw new ApiError(400, `${message} ${taskId}`);
  }
  const all = await listInstancesOfTask(db, dagId, runId, taskId);
  const rows = all.filter((row) => mapIndex === undefined || row.map_index === mapIndex);
  if (rows.length === 0) {
    if (skipsMissing) return [];
    throw notFound(entity);
  }
  if (name === "update") {
    await patchInstances(db, rows, readInstancePatch(body, new Set(Object.keys(body))), mapIndex === undefined);
  } else {
    for (const row of rows) await deleteTaskInstance(db, nameOf(row));
  }
  return rows.map((row) => `${dagId}.${runId}.${taskId}[${row.map_index}]`);
}

function notFound({ dagId, runId, taskId, mapIndex }: Entity): ApiError {
  if (mapIndex === undefined) {
    return new ApiError(404, `No task instances found for dag_id: ${dagId}, run_id: ${runId}, task_id: ${taskId}`);
  }
  const key = `{'dag_id': '${dagId}', 'dag_run_id': '${runId}', 'task_id': '${taskId}', 'map_index': ${mapIndex}}`;
  return new ApiError(404, `The task instances with these identifiers: [${key}] were not found`);
}

function readAction(
  call: Call,
  value: unknown,
  index: number,
): { readonly name: ActionName; readonly skipsMissing: boolean; readonly entities: readonly Entity[] } {
  const body = readBody(value, [
    ...["action", "entities", "action_on_existence", "action_on_non_existence", "update_mask"],
  ]);
  const loc = ["body", "actions", index];
  const name = ACTIONS.find((word) => word === body.action);
  if (name === undefined) {
    const expected = "Input tag 'action' should be one of 'create', 'update', 'delete'";
    throw invalid(loc, "union_tag_invalid", expected, body.action ?? null);
  }
  if (!Array.isArray(body.entities)) {
    throw invalid([...loc, "entities"], "list_type", "Input should be a valid list", body.entities ?? null);
  }
  return {
    name,
    skipsMissing: body.action_on_non_existence === "skip",
    entities: body.entities.map((entity: unknown) => readEntity(call, entity)),
  };
}

function readEntity({ params }: Call, value: unknown): Entity {
  const body = readBody(typeof value === "string" ? { task_id: value } : value, [
    ...[...PATCH_FIELDS, "task_id", "map_index", "dag_id", "dag_run_id"],
  ]);
  const mapIndex = body.map_index ?? undefined;
  if (mapIndex !== undefined && !Number.isInteger(mapIndex)) {
    throw invalid(["body", "map_index"], "int_type", "Input should be a valid integer", mapIndex);
  }
  return {
    dagId: readText(body, "dag_id") ?? params.dagId!,
    runId: readText(body, "dag_run_id") ?? params.runId!,
    taskId: readRequiredText(body, "task_id"),
    mapIndex: mapIndex as number | undefined,
    body,
  };
}
