import type { Connection } from "#core/secrets/connection.ts";
import { maskExtra, restoreMaskedText } from "#core/secrets/mask-secrets.ts";
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

/** The names that the API gives to a connection's fields. */
const FIELD_NAMES: Readonly<Partial<Record<keyof Connection, string>>> = { id: "connection_id", type: "conn_type" };

/** A connection with some fields changed; what comes back masked stays what it was. */
export function patchedConnection(previous: Connection, next: Connection, fields: ReadonlySet<string>): Connection {
  const changed = Object.keys(next).filter((name) => fields.has(FIELD_NAMES[name as keyof Connection] ?? name));
  const merged: Connection = {
    ...previous,
    ...Object.fromEntries(changed.map((name) => [name, next[name as keyof Connection]])),
  };
  return {
    ...merged,
    password: merged.password === MASK ? previous.password : merged.password,
    extra:
      merged.extra === null || previous.extra === null
        ? merged.extra
        : restoreMaskedText(merged.extra, previous.extra, maskExtra),
  };
}
