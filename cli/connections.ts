import { extname } from "node:path";
import { type Database, type Queryable, transaction } from "#core/database/connect.ts";
import {
  type ConnectionRow,
  deleteConnection,
  findConnection,
  insertConnection,
  listAllConnections,
  storeConnection,
} from "#core/database/connections.ts";
import { recordEvent } from "#core/database/record-event.ts";
import { DaisyError } from "#core/errors.ts";
import { type Connection, normalizeConnectionType } from "#core/secrets/connection.ts";
import {
  parseConnection,
  parseConnectionJson,
  parseConnectionUri,
  printConnectionUri,
  readConnectionFields,
} from "#core/secrets/connection-uri.ts";
import { maskText } from "#core/secrets/mask-secrets.ts";
import { openConnection, sealConnection } from "#core/secrets/sealed-rows.ts";
import type { SecretBox } from "#core/secrets/secret-box.ts";
import { isPlainObject } from "#sdk/json.ts";
import type { Console } from "./console.ts";
import { exchangeJson, exchangeYaml, parseExchange, readExchangeFile, writeExchangeFile } from "./exchange-file.ts";
import { withSecrets } from "./with-secrets.ts";

/** What stands for a password where Airflow's command line prints a connection. */
const HIDDEN = "******";

/** The parts of a connection as flags. */
export const CONNECTION_FLAGS = {
  conn_uri: { help: "Connection URI" },
  conn_extra: { help: "Connection's extra field" },
  conn_type: { help: "Connection type" },
  conn_host: { help: "Connection host" },
  conn_login: { help: "Connection login" },
  conn_password: { help: "Connection password" },
  conn_schema: { help: "Connection schema" },
  conn_port: { type: "number", help: "Connection port" },
} as const;

export interface ConnectionFlags {
  readonly conn_uri: string | undefined;
  readonly conn_json?: string | undefined;
  readonly conn_description?: string | undefined;
  readonly conn_extra: string | undefined;
  readonly conn_type: string | undefined;
  readonly conn_host: string | undefined;
  readonly conn_login: string | undefined;
  readonly conn_password: string | undefined;
  readonly conn_schema: string | undefined;
  readonly conn_port: number | undefined;
}

/** The flags that say in parts what a URI or JSON says as a whole. */
const PARTS = ["conn_type", "conn_host", "conn_login", "conn_password", "conn_schema", "conn_port"] as const;

/** The parts that were given beside the whole. */
export function partsBesideWhole(flags: ConnectionFlags): string[] {
  if (flags.conn_uri === undefined && flags.conn_json === undefined) return [];
  return PARTS.filter((name) => flags[name] !== undefined);
}

/** The connection that flags describe: a URI or JSON, or parts. */
export function connectionOfFlags(id: string, flags: ConnectionFlags): Connection {
  const whole = wholeConnection(id, flags);
  const connection: Connection = whole ?? {
    id,
    type: normalizeConnectionType(flags.conn_type ?? ""),
    description: null,
    host: flags.conn_host ?? null,
    schema: flags.conn_schema ?? null,
    login: flags.conn_login ?? null,
    password: flags.conn_password ?? null,
    port: flags.conn_port ?? null,
    extra: null,
  };
  return {
    ...connection,
    extra: flags.conn_extra ?? connection.extra,
    description: flags.conn_description ?? connection.description,
  };
}

function wholeConnection(id: string, { conn_uri: uri, conn_json: json }: ConnectionFlags): Connection | undefined {
  if (uri !== undefined) return parseConnectionUri(id, uri);
  return json === undefined ? undefined : parseConnectionJson(id, json);
}

/** A connection in a message: where it leads, without its password and its extra. */
export function describeConnection(connection: Connection): string {
  const { type, host, login, password, port, schema } = connection;
  const account = login === null && password === null ? "" : `${login ?? ""}:${password === null ? "" : HIDDEN}@`;
  const place = `${host ?? ""}${port === null ? "" : `:${port}`}${schema ? `/${schema}` : ""}`;
  return `${type}://${account}${maskText(place)}`;
}

/** Adds a connection; false when there is one of that id already. */
export function addConnection(connection: Connection): Promise<boolean> {
  return withSecrets(async (db, box) => {
    const added = await insertConnection(db, sealConnection(box, connection));
    if (added) await recordEvent(db, { event: "cli_connections_add", extra: { conn_id: connection.id } });
    return added;
  });
}

/** Deletes a connection; false when there was none. */
export function removeConnection(connId: string): Promise<boolean> {
  return withSecrets(async (db) => {
    const deleted = await deleteConnection(db, connId);
    if (deleted) await recordEvent(db, { event: "cli_connections_delete", extra: { conn_id: connId } });
    return deleted;
  });
}

/** A stored connection, opened. */
export interface OpenedConnection extends Connection {
  readonly isEncrypted: boolean;
  readonly isExtraEncrypted: boolean;
}

/** Every stored connection, by id, in the clear. */
export function allConnections(): Promise<OpenedConnection[]> {
  return withSecrets(async (db, box) => (await listAllConnections(db)).map((row) => opened(box, row)));
}

const opened = (box: SecretBox, row: ConnectionRow): OpenedConnection => ({
  ...openConnection(box, row),
  isEncrypted: row.is_encrypted,
  isExtraEncrypted: row.is_extra_encrypted,
});

/** A connection as the group's commands print it. */
export const connectionCells = (connection: OpenedConnection) => ({
  conn_id: connection.id,
  conn_type: connection.type,
  description: connection.description,
  host: connection.host,
  schema: connection.schema,
  login: connection.login,
  password: connection.password,
  port: connection.port,
  is_encrypted: connection.isEncrypted,
  is_extra_encrypted: connection.isExtraEncrypted,
  extra_dejson: connection.extra ?? "{}",
  get_uri: printConnectionUri(connection),
});

/** Stores the connections of a `.json`, `.yaml` or `.env` file; those that are there already only with `overwrite`. */
export async function importConnections(console: Console, file: string, overwrite: boolean): Promise<void> {
  const format = formatOf(file);
  const text = await readExchangeFile(file, "Missing connections file.");
  const connections = format === "env" ? parseEnv(text) : parseObject(file, text);
  const lines = await withSecrets((db: Database, box) =>
    transaction(db, async (tx) => {
      const said: string[] = [];
      for (const connection of connections) said.push(await importOne(tx, box, connection, overwrite));
      await recordEvent(tx, { event: "cli_connections_import", extra: { file } });
      return said;
    }),
  );
  for (const line of lines) console.print(line);
}

async function importOne(db: Queryable, box: SecretBox, connection: Connection, overwrite: boolean): Promise<string> {
  if (!overwrite && (await findConnection(db, connection.id)) !== undefined) {
    return `Could not import connection ${connection.id}: connection already exists.`;
  }
  await storeConnection(db, sealConnection(box, connection));
  return `Imported connection ${connection.id}`;
}

function parseObject(file: string, text: string): Connection[] {
  return Object.entries(parseExchange(file, text, "Invalid connections file.")).map(([id, value]) => {
    if (typeof value === "string") return parseConnection(id, value);
    if (isPlainObject(value)) return readConnectionFields(id, value);
    throw new DaisyError("CONNECTION_INVALID", id, "a JSON object or a URI");
  });
}

/** Lines `id=URI` or `id={JSON}`; those that are empty or begin with `#` are passed over. */
function parseEnv(text: string): Connection[] {
  return text.split(/\r?\n/).flatMap((line, at) => {
    if (line.trim() === "" || line.trimStart().startsWith("#")) return [];
    const [, id, value] = /^\s*([^=\s]+)\s*=(.*)$/.exec(line) ?? [];
    if (id === undefined) throw new DaisyError("IMPORT_FILE", `Invalid line format in line ${at + 1}: expected id=URI`);
    return [parseConnection(id, value!.trim())];
  });
}

export const EXCHANGE_FORMATS = ["json", "yaml", "env"] as const;
export type ExchangeFormat = (typeof EXCHANGE_FORMATS)[number];

function formatOf(file: string): ExchangeFormat {
  const extension = extname(file).toLowerCase().replace(".yml", ".yaml");
  const format = EXCHANGE_FORMATS.find((name) => extension === `.${name}`);
  // `.env` alone is a name without an extension.
  if (format === undefined && !/(^|\/)\.env$/.test(file)) {
    throw new DaisyError(
      "IMPORT_FILE",
      "Unsupported file format. The file must have the extension .yaml, .json, .env.",
    );
  }
  return format ?? "env";
}

/** Writes every connection to a file, in the clear. */
export async function exportConnections(
  console: Console,
  file: string,
  options: { format?: ExchangeFormat | undefined; lines?: "uri" | "json" | undefined },
): Promise<void> {
  const format = options.format ?? (file === "-" || file === "/dev/stdout" ? "json" : formatOf(file));
  const connections = await allConnections();
  const fields = Object.fromEntries(connections.map((connection) => [connection.id, fieldsOf(connection)]));
  const texts: Record<ExchangeFormat, () => string> = {
    json: () => exchangeJson(fields),
    yaml: () => exchangeYaml(fields),
    env: () => connections.map((each) => `${each.id}=${lineOf(each, options.lines ?? "uri")}`).join("\n"),
  };
  const text = texts[format]();
  await writeExchangeFile(console, file, text, `Connections successfully exported to ${file}.`);
}

const fieldsOf = ({ type, description, login, password, host, port, schema, extra }: Connection) => ({
  conn_type: type,
  description,
  login,
  password,
  host,
  port,
  schema,
  extra,
});

const lineOf = (connection: Connection, form: "uri" | "json") =>
  form === "uri" ? printConnectionUri(connection) : JSON.stringify(fieldsOf(connection));
