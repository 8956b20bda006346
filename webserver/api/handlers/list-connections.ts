import { CONNECTION_ORDER, listConnections } from "#core/database/connections.ts";
import type { ConnectionAnswer, Page } from "../../protocol.ts";
import { boxOf } from "../box-of.ts";
import type { Handler } from "../call.ts";
import { readPage, readString } from "../read-query.ts";
import { prefixPatterns, refuseFilters } from "../refuse-filters.ts";
import { showConnection } from "../show/show-connection.ts";

const REFUSED = prefixPatterns("connection_id");

export const listConnectionsHandler: Handler = async (call): Promise<Page<"connections", ConnectionAnswer>> => {
  const { server, query } = call;
  refuseFilters(query, REFUSED);
  const { rows, total } = await listConnections(
    server.db,
    { idPattern: readString(query, "connection_id_pattern") },
    readPage(query, CONNECTION_ORDER, "connection_id"),
  );
  const box = boxOf(call);
  return { connections: rows.map((row) => showConnection(box, row)), total_entries: total };
};
