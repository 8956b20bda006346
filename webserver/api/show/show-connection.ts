import type { ConnectionRow } from "#core/database/connections.ts";
import { maskExtra, maskText } from "#core/secrets/mask-secrets.ts";
import { openConnection } from "#core/secrets/sealed-rows.ts";
import type { SecretBox } from "#core/secrets/secret-box.ts";
import { MASK } from "#core/secrets/sensitive-names.ts";
import type { ConnectionAnswer } from "../../protocol.ts";
import { orNull } from "./or-null.ts";

/** A connection as the API shows it: that there is a password, and what in the extra is no secret. */
export function showConnection(box: SecretBox, row: ConnectionRow): ConnectionAnswer {
  const extra = orNull(() => openConnection(box, { ...row, password: null }).extra);
  return {
    connection_id: row.conn_id,
    conn_type: row.conn_type,
    description: row.description,
    host: row.host === null ? null : maskText(row.host),
    login: row.login,
    schema: row.schema,
    port: row.port,
    password: row.password === null ? null : MASK,
    extra: extra === null ? null : maskExtra(extra),
    team_name: null,
  };
}
