import type { ConnectionRow } from "#core/database/connections.ts";
import type { Connection } from "#core/secrets/connection.ts";
import { maskExtra, restoreMaskedText } from "#core/secrets/mask-secrets.ts";
import { openConnection } from "#core/secrets/sealed-rows.ts";
import type { SecretBox } from "#core/secrets/secret-box.ts";
import { MASK } from "#core/secrets/sensitive-names.ts";
import { readBody } from "./read-body.ts";
import { readRequiredText, readText, readWholeNumber } from "./read-fields.ts";

const FIELDS = [
  ...["connection_id", "conn_type", "description", "host", "login", "schema", "port", "password", "extra"],
  "team_name",
];

/** A connection from a request's body; 422 when a field is wrong. */
export function readConnection(input: unknown): Connection {
  const body = readBody(input, FIELDS);
  return {
    id: readRequiredText(body, "connection_id", { maxLength: 200, pattern: /^[\w.-]+$/ }),
    type: readRequiredText(body, "conn_type", { maxLength: 500 }),
    description: readText(body, "description"),
    host: readText(body, "host"),
    login: readText(body, "login"),
    schema: readText(body, "schema"),
    port: readWholeNumber(body, "port", 0, 65_535) ?? null,
    password: readText(body, "password"),
    extra: readText(body, "extra"),
  };
}

/** The columns of a connection's fields that are kept as they are, by the names that the API gives them. */
const PLAIN_COLUMNS = {
  conn_type: "type",
  description: "description",
  host: "host",
  login: "login",
  schema: "schema",
  port: "port",
} as const;

/**
 * A stored connection with some fields changed; what comes back masked stays what it was. A secret that stays is not
 * even opened, so that one that cannot be decrypted keeps nobody from changing the rest, or from replacing it.
 * @throws {DaisyError} FERNET_KEY_WRONG when part of an extra stays that cannot be decrypted
 */
export function patchedConnection(
  box: SecretBox,
  row: ConnectionRow,
  next: Connection,
  fields: ReadonlySet<string>,
): ConnectionRow {
  const plain = Object.entries(PLAIN_COLUMNS).filter(([name]) => fields.has(name));
  const changed = Object.fromEntries(plain.map(([column, name]) => [column, next[name]]));
  const password = fields.has("password") && next.password !== MASK ? sealPassword(box, next.password) : {};
  return { ...row, ...changed, ...password, ...(fields.has("extra") && sealExtra(box, row, next.extra)) };
}

function sealPassword(box: SecretBox, next: string | null): Pick<ConnectionRow, "password" | "is_encrypted"> {
  const sealed = next === null ? null : box.seal(next);
  return { password: sealed?.text ?? null, is_encrypted: sealed?.isEncrypted ?? false };
}

function sealExtra(
  box: SecretBox,
  row: ConnectionRow,
  next: string | null,
): Pick<ConnectionRow, "extra" | "is_extra_encrypted"> {
  const restored = next?.includes(MASK) && row.extra !== null ? restoreExtra(box, row, next) : next;
  const sealed = restored === null ? null : box.seal(restored);
  return { extra: sealed?.text ?? null, is_extra_encrypted: sealed?.isEncrypted ?? false };
}

function restoreExtra(box: SecretBox, row: ConnectionRow, next: string): string {
  const previous = openConnection(box, { ...row, password: null }).extra ?? "";
  return restoreMaskedText(next, previous, maskExtra);
}
