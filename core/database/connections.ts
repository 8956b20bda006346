import type { ConnectionResult } from "#sdk/client.ts";
import type { Queryable } from "./connect.ts";

/** A connection to another system, or null when there is none. */
export async function findConnection(db: Queryable, connId: string): Promise<ConnectionResult | null> {
  const { rows } = await db.query<ConnectionResult>(
    `select conn_id as id, conn_type as type, host, schema, login, password, port, extra
       from connection where conn_id = $1`,
    [connId],
  );
  return rows[0] ?? null;
}
