import { readFile } from "node:fs/promises";
import type pg from "pg";
import type { ConnectionResult } from "../../client.ts";
import { AirflowFailException } from "../../errors.ts";
import type { JsonValue } from "../../json.ts";
import { readExtra } from "../connection-extra.ts";
import type { SqlDatabase, SqlResult } from "./sql-database.ts";
import { floatNumber, isoTimestamp, wholeNumber } from "./sql-values.ts";

/**
 * Connects to PostgreSQL. Aborting the signal cancels the statement that runs on the server.
 * @param database in place of the connection's
 */
export async function openPostgres(
  connection: ConnectionResult,
  database: string | undefined,
  signal: AbortSignal,
): Promise<SqlDatabase> {
  const { default: driver } = await import("pg");
  const config = await readConfig(connection, database);
  const client = new driver.Client({ ...config, types: { getTypeParser: typeParser(driver.types) } });
  // A connection that breaks between two statements is told by the next one.
  client.on("error", () => undefined);
  const cancel = () => void cancelStatement(driver, config, client).catch(() => undefined);
  await client.connect();
  signal.addEventListener("abort", cancel, { once: true });
  return {
    async run({ text, values }) {
      signal.throwIfAborted();
      try {
        const answer = await client.query({
          text,
          values: values.length > 0 ? [...values] : undefined,
          rowMode: "array",
        });
        return toResult(answer as unknown as Answer | Answer[]);
      } catch (error) {
        signal.throwIfAborted();
        throw error;
      }
    },
    async close() {
      signal.removeEventListener("abort", cancel);
      await client.end().catch(() => undefined);
    },
  };
}

type Answer = pg.QueryArrayResult<JsonValue[]>;

function toResult(answer: Answer | Answer[]): SqlResult {
  const { fields, rows, rowCount } = Array.isArray(answer) ? answer.at(-1)! : answer;
  return { columns: fields.map(({ name }) => name), rows, rowCount };
}

async function cancelStatement(driver: typeof pg, config: pg.ClientConfig, client: pg.Client): Promise<void> {
  const canceller = new driver.Client(config);
  await canceller.connect();
  await canceller.query("select pg_cancel_backend($1)", [(client as unknown as { processID: number }).processID]);
  await canceller.end();
}

/** Keys of `extra` that libpq knows and that mean something here. */
async function readConfig(connection: ConnectionResult, database: string | undefined): Promise<pg.ClientConfig> {
  const { host, port, login, password, schema } = connection;
  const extra = readExtra(connection);
  return {
    host: host || "localhost",
    port: port ?? 5432,
    user: login ?? undefined,
    password: password ?? undefined,
    database: database ?? schema ?? undefined,
    application_name: typeof extra.application_name === "string" ? extra.application_name : "daisy-task",
    connectionTimeoutMillis: Number(extra.connect_timeout ?? 10) * 1_000,
    ...(typeof extra.options === "string" && { options: extra.options }),
    ssl: await readSsl(connection.id, extra),
  };
}

async function readSsl(
  id: string,
  { sslmode = "prefer", sslrootcert }: Record<string, unknown>,
): Promise<pg.ClientConfig["ssl"]> {
  if (sslmode === "disable" || sslmode === "allow" || sslmode === "prefer") return false;
  const ca = typeof sslrootcert === "string" ? await readFile(sslrootcert, "utf8") : undefined;
  if (sslmode === "require" && ca === undefined) return { rejectUnauthorized: false };
  if (sslmode === "require" || sslmode === "verify-ca") return { ca, checkServerIdentity: () => undefined };
  if (sslmode === "verify-full") return { ca };
  throw new AirflowFailException(
    `Connection "${id}" has the sslmode ${JSON.stringify(sslmode)} in its extra; ` +
      "expected disable, allow, prefer, require, verify-ca or verify-full",
  );
}

const asText = (text: string): JsonValue => text;
const json = (text: string): JsonValue => JSON.parse(text) as JsonValue;

type Parser = (text: string) => JsonValue;

/** By name in pg's list of types; all others are text. */
const PARSERS: Readonly<Record<string, Parser>> = {
  BOOL: (text) => text === "t",
  INT2: wholeNumber,
  INT4: wholeNumber,
  INT8: wholeNumber,
  OID: wholeNumber,
  FLOAT4: floatNumber,
  FLOAT8: floatNumber,
  TIMESTAMP: isoTimestamp,
  TIMESTAMPTZ: isoTimestamp,
  JSON: json,
  JSONB: json,
};

/** OIDs of lists, which PostgreSQL keeps fixed, with the type of their items. */
const LISTS: readonly (readonly [oid: number, item: string])[] = [
  [1000, "BOOL"],
  [1005, "INT2"],
  [1007, "INT4"],
  [1016, "INT8"],
  [1021, "FLOAT4"],
  [1022, "FLOAT8"],
  [1115, "TIMESTAMP"],
  [1185, "TIMESTAMPTZ"],
  [199, "JSON"],
  [3807, "JSONB"],
  ...[1002, 1009, 1014, 1015, 1182, 1183, 1231, 2951].map((oid) => [oid, "TEXT"] as const),
];
const LIST_OF_TEXT = 1009;
/** The library names the OIDs that it has parsers for; lists are not among the names. */
type Oid = Parameters<typeof pg.types.getTypeParser>[0];

type Nested = string | null | Nested[];

function typeParser(types: typeof pg.types): (oid: number, format?: string) => Parser {
  const parsers = new Map<number, Parser>(
    Object.entries(PARSERS).map(([name, parse]) => [types.builtins[name as keyof typeof types.builtins], parse]),
  );
  const readList = types.getTypeParser(LIST_OF_TEXT as Oid, "text") as (text: string) => Nested;
  for (const [oid, item] of LISTS) {
    const parse = PARSERS[item] ?? asText;
    parsers.set(oid, (text) => mapList(readList(text), parse));
  }
  return (oid) => parsers.get(oid) ?? asText;
}

function mapList(list: Nested, parse: Parser): JsonValue {
  if (Array.isArray(list)) return list.map((item) => mapList(item, parse));
  return list === null ? null : parse(list);
}
