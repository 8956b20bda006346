import type { ConnectionRow } from "../database/connections.ts";
import type { VariableRow } from "../database/variables.ts";
import type { Connection } from "./connection.ts";
import type { SecretBox } from "./secret-box.ts";

/** A variable as it is stored. */
export function sealVariable(
  box: SecretBox,
  { key, value, description = null }: { key: string; value: string; description?: string | null },
): VariableRow {
  const { text, isEncrypted } = box.seal(value);
  return { key, value: text, description, is_encrypted: isEncrypted };
}

/** A stored variable's value; throws FERNET_KEY_WRONG. */
export function openVariable(box: SecretBox, { key, value, is_encrypted }: VariableRow): string {
  return box.open({ text: value, isEncrypted: is_encrypted }, `The variable ${key}`);
}

/** A connection as it is stored: password and extra are secret. */
export function sealConnection(box: SecretBox, connection: Connection): ConnectionRow {
  const { id, type, description, host, schema, login, port } = connection;
  const password = connection.password === null ? null : box.seal(connection.password);
  const extra = connection.extra === null ? null : box.seal(connection.extra);
  return {
    conn_id: id,
    conn_type: type,
    description,
    host,
    schema,
    login,
    port,
    password: password?.text ?? null,
    is_encrypted: password?.isEncrypted ?? false,
    extra: extra?.text ?? null,
    is_extra_encrypted: extra?.isEncrypted ?? false,
  };
}

/** A stored connection in the clear; throws FERNET_KEY_WRONG. */
export function openConnection(box: SecretBox, row: ConnectionRow): Connection {
  const open = (text: string | null, isEncrypted: boolean, part: string) =>
    text === null ? null : box.open({ text, isEncrypted }, `The ${part} of the connection ${row.conn_id}`);
  return {
    id: row.conn_id,
    type: row.conn_type,
    description: row.description,
    host: row.host,
    schema: row.schema,
    login: row.login,
    password: open(row.password, row.is_encrypted, "password"),
    port: row.port,
    extra: open(row.extra, row.is_extra_encrypted, "extra"),
  };
}
