import { isPlainObject } from "#sdk/json.ts";
import { DaisyError } from "../errors.ts";
import { type Connection, normalizeConnectionType } from "./connection.ts";

/** Holds the whole extra of a connection where it is no flat object of texts. */
const EXTRA_KEY = "__extra__";

/**
 * Reads a connection's URI as Airflow does (`airflow/models/connection.py`), which is no URL parser: in
 * `http://https://host` the second scheme belongs to the host, and the host may hold encoded slashes.
 * @throws {DaisyError} CONNECTION_INVALID; the message does not show the URI, which holds a password
 */
export function parseConnectionUri(id: string, uri: string): Connection {
  const [, scheme, rest = ""] = /^([a-z][\w+.-]*):\/\/(.*)$/is.exec(uri.trim()) ?? [];
  if (scheme === undefined) throw wrongUri(id, "a URI, type://login:password@host:port/schema?key=value");
  const [whole, query] = splitOnce(splitOnce(rest, "#")[0], "?");
  const protocol = /^(.*?:\/\/)?/s.exec(whole)![0];
  const address = whole.slice(protocol.length);
  if (/[@:/]/.test(protocol.slice(0, -3)) || address.includes("://")) throw wrongUri(id, "a URI with one address");
  const [authority, path] = splitOnce(address, "/");
  const at = authority.lastIndexOf("@");
  const [login, password] = at < 0 ? [null, null] : splitLogin(authority.slice(0, at));
  const [host, port] = splitPort(id, authority.slice(at + 1));
  return {
    id,
    type: normalizeConnectionType(scheme.toLowerCase()),
    description: null,
    host: protocol + readHost(host),
    schema: decode(path),
    login: login === null ? null : decode(login),
    password: password === null ? null : decode(password),
    port,
    extra: query === "" ? null : readExtra(query),
  };
}

/** Names of machines are lowercased, as Python does; what is a path, such as a socket's, is not. */
function readHost(text: string): string {
  const host = decode(text);
  return host.includes("/") ? host : host.toLowerCase();
}

function splitLogin(text: string): [string, string | null] {
  const [login, password] = splitOnce(text, ":");
  return [login, text.includes(":") ? password : null];
}

function splitPort(id: string, text: string): [host: string, port: number | null] {
  const [, bracketed, plain = "", port = ""] = /^(?:\[([^\]]*)\]|([^:]*))(?::(.*))?$/s.exec(text) ?? [];
  if (port !== "" && !(/^\d{1,5}$/.test(port) && Number(port) <= 65_535)) {
    throw wrongUri(id, "a URI whose port is a number up to 65535");
  }
  return [bracketed ?? plain, port === "" ? null : Number(port)];
}

function readExtra(query: string): string {
  const pairs = Object.fromEntries(new URLSearchParams(query));
  return pairs[EXTRA_KEY] ?? JSON.stringify(pairs);
}

/** Writes a connection as a URI, from which `parseConnectionUri` makes the same one, but for the description. */
export function printConnectionUri({ type, host, schema, login, password, port, extra }: Connection): string {
  const protocolEnd = host?.indexOf("://") ?? -1;
  const protocol = protocolEnd < 0 ? "" : host!.slice(0, protocolEnd + 3);
  const bare = host?.slice(protocol.length) ?? "";
  let authority = login === null ? "" : encode(login);
  if (password !== null) authority += `:${encode(password)}`;
  if (authority !== "") authority += "@";
  let address = encode(bare);
  if (port !== null) address += address === "" && authority === "" ? `@:${port}` : `:${port}`;
  if (schema) address += `/${encode(schema)}`;
  const query = extra ? `${schema ? "?" : "/?"}${printExtra(extra)}` : "";
  return `${type.toLowerCase().replaceAll("_", "-")}://${protocol}${authority}${address}${query}`;
}

/** A flat object of texts as a query; anything else whole, under one key. */
function printExtra(extra: string): string {
  const parsed = parseJson(extra);
  const isFlat =
    isPlainObject(parsed) &&
    Object.keys(parsed).length > 0 &&
    !Object.hasOwn(parsed, EXTRA_KEY) &&
    Object.values(parsed).every((value) => typeof value === "string");
  return new URLSearchParams(isFlat ? (parsed as Record<string, string>) : { [EXTRA_KEY]: extra }).toString();
}

const JSON_FIELDS = ["conn_type", "description", "host", "login", "password", "schema", "port", "extra"];

/**
 * Reads a connection's JSON form, `{"conn_type": …, "host": …, "extra": {…}}`.
 * @throws {DaisyError} CONNECTION_INVALID; the message shows no value
 */
export function parseConnectionJson(id: string, json: string): Connection {
  const fields = parseJson(json);
  if (!isPlainObject(fields)) throw new DaisyError("CONNECTION_INVALID", id, "a JSON object or a URI");
  return readConnectionFields(id, fields);
}

/** Reads a connection from parsed JSON, as `parseConnectionJson` does. */
export function readConnectionFields(id: string, fields: Readonly<Record<string, unknown>>): Connection {
  const unknown = Object.keys(fields).find((name) => !JSON_FIELDS.includes(name));
  if (unknown !== undefined) {
    throw new DaisyError("CONNECTION_INVALID", id, `a JSON object with ${JSON_FIELDS.join(", ")}, not ${unknown}`);
  }
  const text = (name: string): string | null => {
    const value = fields[name] ?? null;
    if (value === null || typeof value === "string") return value;
    throw new DaisyError("CONNECTION_INVALID", id, `a JSON object whose ${name} is a text`);
  };
  const { extra } = fields;
  return {
    id,
    type: normalizeConnectionType(text("conn_type") ?? ""),
    description: text("description"),
    host: text("host"),
    schema: text("schema"),
    login: text("login"),
    password: text("password"),
    port: readPort(id, fields.port ?? null),
    extra: isPlainObject(extra) || Array.isArray(extra) ? JSON.stringify(extra) : text("extra"),
  };
}

function readPort(id: string, value: unknown): number | null {
  if (value === null || value === "") return null;
  const port = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof port === "number" && Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new DaisyError("CONNECTION_INVALID", id, "a JSON object whose port is a number up to 65535");
}

/** Reads either form: JSON begins with `{`. */
export function parseConnection(id: string, text: string): Connection {
  return text.trimStart().startsWith("{") ? parseConnectionJson(id, text) : parseConnectionUri(id, text);
}

/** The text parsed as JSON; undefined when it is none. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function wrongUri(id: string, expected: string): DaisyError {
  return new DaisyError("CONNECTION_INVALID", id, expected);
}

/** What is before and after the first separator; all and nothing without one. */
function splitOnce(text: string, separator: string): [string, string] {
  const index = text.indexOf(separator);
  return index < 0 ? [text, ""] : [text.slice(0, index), text.slice(index + separator.length)];
}

/** Python's `quote(text, safe="")`. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Python's `unquote`: what is no escape stays. */
function decode(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => Buffer.from(escapes.replaceAll("%", ""), "hex").toString());
}
