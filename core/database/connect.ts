import pg from "pg";
import { cutSilentConnections, watchedClient } from "./connection-watch.ts";

/** A pool of connections; every query function takes it or a transaction first. */
export type Database = pg.Pool;
/** One connection inside `begin … commit`; functions that lock rows ask for it. */
export type Transaction = pg.PoolClient & { readonly inTransaction: true };
/** Whatever a plain query can run on. */
export type Queryable = Pick<pg.Pool, "query">;

// A bigint (dag_run.id, counts) stays far below 2^53 here, so it is a number.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

export interface ConnectOptions {
  /** @default 10 */
  maxConnections?: number;
  /** Shown in pg_stat_activity. @default "daisy" */
  applicationName?: string;
  /** Server settings of each connection besides `UNHELD`, such as `{ synchronous_commit: "off" }`. @default none */
  settings?: Readonly<Record<string, string>>;
  /**
   * For so long a connection that is in use may be without a byte from the server; then it is cut, and what used it fails.
   * Null: for ever, for what may take as long as it likes. @default 30
   */
  silenceSeconds?: number | null;
}

/** When a machine that is asked to connect, or a pool whose connections are all in use, is given up. */
const CONNECT_TIMEOUT_MS = 10_000;
/** A connection of which nothing is heard for so long is asked, by TCP, whether it still is one. */
const KEEP_ALIVE_MS = 10_000;
const SILENCE_SECONDS = 30;

/** How a connection notices that the other side is gone. */
export const KEEP_ALIVE = {
  connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  keepAlive: true,
  keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
};

/**
 * What keeps one process from holding up all others: any of them may be paused (SIGSTOP, a closed laptop) or cut off in
 * the middle of a transaction, and its locks would stay for as long. The server ends such a transaction, in less than
 * `[scheduler] task_instance_heartbeat_timeout`, so that the process's tries can be taken away from it.
 */
const UNHELD = {
  // It does not send the next statement.
  idle_in_transaction_session_timeout: "5s",
  // It does not read the answer to the last one.
  tcp_user_timeout: "10s",
  // Its machine is gone.
  tcp_keepalives_idle: "10",
  tcp_keepalives_interval: "3",
  tcp_keepalives_count: "3",
};

/** What a connection is opened with: server settings, and those that keep it from holding up others. */
export function startupOptions(settings: Readonly<Record<string, string>>): string {
  return Object.entries({ ...UNHELD, ...settings })
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(" ");
}

/** Opens a pool on a `postgresql://` URL; connections are made when first needed. */
export function connect(url: string, options: ConnectOptions = {}): Database {
  const { maxConnections = 10, applicationName = "daisy", settings = {}, silenceSeconds = SILENCE_SECONDS } = options;
  const pool = new pg.Pool({
    connectionString: normalizeUrl(url),
    max: maxConnections,
    application_name: applicationName,
    options: startupOptions(settings),
    ...KEEP_ALIVE,
    Client: watchedClient(url),
  });
  // A server that goes away breaks idle connections; the next query gets a new one and reports its own error.
  pool.on("error", () => undefined);
  // The same for one that is in use between two statements: unheard, its error would end the process.
  pool.on("connect", (client) => client.on("error", () => undefined));
  if (silenceSeconds !== null) cutSilentConnections(pool, url, silenceSeconds * 1_000);
  return pool;
}

/**
 * A statement that is to be answered soon, or fails: a sign of life. When it is not answered, this process's connections
 * to the server count as dead (`connection-watch.ts`), so that what comes after it has new ones.
 */
export function answeredWithin(milliseconds: number, query: pg.QueryConfig): pg.QueryConfig & QueryTimeout {
  return { ...query, query_timeout: milliseconds };
}

/** What `pg` takes and its types leave out. */
interface QueryTimeout {
  readonly query_timeout: number;
}

/** Accepts SQLAlchemy's spelling with a driver, `postgresql+psycopg2://…`, and libpq's. */
export function normalizeUrl(url: string): string {
  const match = /^postgres(?:ql)?(?:\+\w+)?:\/\/(.*)$/s.exec(url);
  if (match) return `postgresql://${match[1]}`;
  throw new Error(
    `[database] sql_alchemy_conn must be a PostgreSQL URL, postgresql://user:password@host:port/database; got ${hidePassword(url)}`,
  );
}

function hidePassword(url: string): string {
  return url.replace(/(:\/\/[^:/@]*:)[^@]*@/, "$1***@");
}

/** Runs `work` in a transaction: committed when it resolves, rolled back when it throws. */
export async function transaction<T>(database: Database, work: (tx: Transaction) => Promise<T>): Promise<T> {
  const client = await database.connect();
  let broken: Error | undefined;
  try {
    await client.query("begin");
    const result = await work(client as Transaction);
    await client.query("commit");
    return result;
  } catch (error) {
    await client.query("rollback").catch((rollbackError: Error) => {
      broken = rollbackError;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}
