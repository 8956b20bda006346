import type { Queryable } from "../database/connect.ts";
import { findConnection } from "../database/connections.ts";
import { findVariable } from "../database/variables.ts";
import type { Connection } from "./connection.ts";
import { parseConnection } from "./connection-uri.ts";
import { openConnection, openVariable } from "./sealed-rows.ts";
import type { SecretBox } from "./secret-box.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * A variable's value: the backend's, that of `AIRFLOW_VAR_<KEY>` of this process, or else the stored one; null when
 * there is none.
 */
export async function lookUpVariable(
  db: Queryable,
  box: SecretBox,
  key: string,
  env: Environment = process.env,
): Promise<string | null> {
  const given = (await box.backend?.variable(key)) ?? env[`AIRFLOW_VAR_${key.toUpperCase()}`];
  if (given !== undefined) return given;
  const row = await findVariable(db, key);
  return row === undefined ? null : openVariable(box, row);
}

/**
 * A connection: the backend's, that of `AIRFLOW_CONN_<ID>` of this process (a URI, or JSON both), or else the stored
 * one, or the box's default; null when there is none. An empty environment variable counts as none, as in Airflow.
 */
export async function lookUpConnection(
  db: Queryable,
  box: SecretBox,
  connId: string,
  env: Environment = process.env,
): Promise<Connection | null> {
  const given = (await box.backend?.connection(connId)) ?? env[`AIRFLOW_CONN_${connId.toUpperCase()}`];
  if (given) return parseConnection(connId, given);
  const row = await findConnection(db, connId);
  if (row !== undefined) return openConnection(box, row);
  return box.defaults?.find(({ id }) => id === connId) ?? null;
}
