import { storeConnection } from "#core/database/connections.ts";
import { recordEvent } from "#core/database/record-event.ts";
import { isPlainObject } from "#sdk/json.ts";
import type { ConnectionAnswer } from "../../protocol.ts";
import { ApiError } from "../api-error.ts";
import { boxOf } from "../box-of.ts";
import type { Handler } from "../call.ts";
import { connectionOf } from "../find-or-404.ts";
import { patchedConnection, readConnection } from "../read-connection.ts";
import { fieldsToPatch } from "../read-fields.ts";
import { showConnection } from "../show/show-connection.ts";

/** Changes a connection: the fields in the body, or those of them that `update_mask` names. */
export const patchConnection: Handler = async (call): Promise<ConnectionAnswer> => {
  const { db } = call.server;
  const row = await connectionOf(call);
  const next = readConnection(withDefaults(call.body, { connection_id: row.conn_id, conn_type: row.conn_type }));
  if (next.id !== row.conn_id) {
    throw new ApiError(400, "The connection_id in the request body does not match the URL parameter");
  }
  const box = boxOf(call);
  const fields = fieldsToPatch(call.body as Record<string, unknown>, call.query);
  const patched = patchedConnection(box, row, next, fields);
  await storeConnection(db, patched);
  await recordEvent(db, { event: "patch_connection", extra: { connection_id: row.conn_id, fields: [...fields] } });
  return showConnection(box, patched);
};

function withDefaults(body: unknown, defaults: Readonly<Record<string, unknown>>): unknown {
  return isPlainObject(body) ? { ...defaults, ...body } : body;
}
