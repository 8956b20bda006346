import { deleteConnection } from "#core/database/connections.ts";
import { recordEvent } from "#core/database/record-event.ts";
import type { Handler } from "../call.ts";
import { connectionOf } from "../find-or-404.ts";

export const deleteConnectionHandler: Handler = async (call): Promise<void> => {
  const { conn_id: connId } = await connectionOf(call);
  await deleteConnection(call.server.db, connId);
  await recordEvent(call.server.db, { event: "delete_connection", extra: { connection_id: connId } });
  call.response.status(204).end();
};
