import { insertConnection } from "#core/database/connections.ts";
import { recordEvent } from "#core/database/record-event.ts";
import { sealConnection } from "#core/secrets/sealed-rows.ts";
import type { ConnectionAnswer } from "../../protocol.ts";
import { ApiError } from "../api-error.ts";
import { boxOf } from "../box-of.ts";
import type { Handler } from "../call.ts";
import { readConnection } from "../read-connection.ts";
import { showConnection } from "../show/show-connection.ts";

/** Adds a connection. */
export const postConnection: Handler = async (call): Promise<ConnectionAnswer> => {
  const { db } = call.server;
  const box = boxOf(call);
  const row = sealConnection(box, readConnection(call.body));
  if (!(await insertConnection(db, row))) {
    throw new ApiError(409, `The Connection with connection_id: \`${row.conn_id}\` already exists`);
  }
  await recordEvent(db, { event: "post_connection", extra: { connection_id: row.conn_id } });
  call.response.status(201);
  return showConnection(box, row);
};
