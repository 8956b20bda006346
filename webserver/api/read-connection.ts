import type { ConnectionRow } from "#core/database/connections.ts";
import type { Connection } from "#core/secrets/connection.ts";
import { maskExtra, restoreMaskedText, restoreMaskedUrls } from "#core/secrets/mask-secrets.ts";
import { openConnection, sealConnection } from "#core/secrets/sealed-rows.ts";
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

/** The columns that hold a field, by the name that the API gives it. */
const COLUMNS: Readonly<Record<string, readonly (keyof ConnectionRow)[]>> = {
  conn_type: ["conn_type"],
  description: ["description"],
  host: ["host"],
  login: ["login"],
  schema: ["schema"],
  port: ["port"],
  password: ["password", "is_encrypted"],
  extra: ["extra", "is_extra_encrypted"],
};

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
  const changes = (name: string) => fields.has(name) && !(name === "password" && next.password === MASK);
  const restored = (name: "description" | "host" | "login" | "schema") =>
    next[name] === null ? null : restoreMaskedUrls(next[name], row[name] ?? "");
  const sealed = sealConnection(box, {
    ...next,
    description: restored("description"),
    host: restored("host"),
    login: restored("login"),
    schema: restored("schema"),
    password: changes("password") ? next.password : null,
    extra: changes("extra") ? restoreExtra(box, row, next.extra) : null,
  });
  const columns = Object.keys(COLUMNS)
    .filter(changes)
    .flatMap((name) => COLUMNS[name]!);
  return { ...row, ...Object.fromEntries(columns.map((column) => [column, sealed[column]])) };
}

function restoreExtra(box: SecretBox, row: ConnectionRow, next: string | null): string | null {
  if (!next?.includes(MASK) || row.extra === null) return next;
  const previous = openConnection(box, { ...row, password: null }).extra ?? "";
  return restoreMaskedText(next, previous, maskExtra);
}
