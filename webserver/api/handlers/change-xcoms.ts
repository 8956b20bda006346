import { nameOf } from "#core/database/console-task-instances.ts";
import { deleteXCom, findXComRow, insertXCom, updateXCom, type XComPlace } from "#core/database/console-xcoms.ts";
import { recordEvent } from "#core/database/record-event.ts";
import type { XComValueAnswer } from "../../protocol.ts";
import { ApiError, invalid } from "../api-error.ts";
import type { Call, Handler } from "../call.ts";
import { taskInstanceOf } from "../find-or-404.ts";
import { readBody } from "../read-body.ts";
import { readRequiredText } from "../read-fields.ts";
import { showXComValue } from "../show/show-xcom.ts";

const KEY_RULES = { maxLength: 512 };

/** Writes an XCom of a task instance by hand. */
export const postXCom: Handler = async (call): Promise<XComValueAnswer> => {
  const body = readBody(call.body, ["key", "value", "map_index"]);
  const key = readRequiredText(body, "key", KEY_RULES);
  const value = readValue(body);
  const place = await placeOf(call, key, body.map_index);
  if (!(await insertXCom(call.server.db, place, value))) {
    throw new ApiError(409, `The XCom with key: \`${key}\` with mentioned task instance already exists.`);
  }
  await record(call, "post_xcom_entry", key);
  call.response.status(201);
  return show(call, place);
};

/** Writes another value into an XCom. */
export const patchXCom: Handler = async (call): Promise<XComValueAnswer> => {
  const body = readBody(call.body, ["value", "map_index"]);
  const value = readValue(body);
  const place = await placeOf(call, call.params.key!, body.map_index);
  if (!(await updateXCom(call.server.db, place, value))) throw missing(place.key);
  await record(call, "patch_xcom_entry", place.key);
  return show(call, place);
};

export const deleteXComHandler: Handler = async (call): Promise<void> => {
  const place = await placeOf(call, call.params.key!, undefined);
  if (!(await deleteXCom(call.server.db, place))) throw missing(place.key);
  await record(call, "delete_xcom_entry", place.key);
  call.response.status(204).end();
};

function readValue(body: Readonly<Record<string, unknown>>): string {
  if (!Object.hasOwn(body, "value")) throw invalid(["body", "value"], "missing", "Field required", body);
  return JSON.stringify(body.value);
}

/** @param mapIndex as the body says it; the query may too */
async function placeOf(call: Call, key: string, mapIndex: unknown): Promise<XComPlace> {
  if (mapIndex !== undefined && !Number.isInteger(mapIndex)) {
    throw invalid(["body", "map_index"], "int_type", "Input should be a valid integer", mapIndex);
  }
  const query = mapIndex === undefined ? call.query : { ...call.query, map_index: String(mapIndex) };
  return { ...nameOf(await taskInstanceOf({ ...call, query })), key };
}

const missing = (key: string) =>
  new ApiError(404, `The XCom with key: \`${key}\` with mentioned task instance doesn't exist.`);

function record({ server, params }: Call, event: string, key: string): Promise<void> {
  const { dagId, runId, taskId } = params;
  return recordEvent(server.db, { event, dagId, runId, taskId, extra: { key } });
}

async function show({ server }: Call, place: XComPlace): Promise<XComValueAnswer> {
  return showXComValue((await findXComRow(server.db, place))!);
}
