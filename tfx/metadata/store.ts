import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import {
  type MetadataConnectionConfig,
  type ResolvedMetadataConnection,
  resolveMetadataConnection,
} from "./connection-config.ts";
import { createSchema } from "./create-schema.ts";

/** Anything that runs one statement: the store itself, or a transaction. */
export interface Queryable {
  // biome-ignore lint/suspicious/noExplicitAny: a row's shape is known only to the statement
  query<Row extends pg.QueryResultRow = any>(text: string, values?: unknown[]): Promise<pg.QueryResult<Row>>;
}

/** An open transaction; functions that must not run outside one ask for it. */
export type Transaction = pg.PoolClient;

/** An open ML Metadata store. A lost connection is retried for a while, so that a restart of PostgreSQL passes unseen. */
export interface MetadataStore {
  readonly db: Queryable;
  /**
   * Runs the work in a transaction, and again in a new one when the connection or a deadlock is lost, even if that was
   * during the commit: the work must notice what an earlier try already did.
   */
  transaction<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result>;
  /** May be called twice. */
  close(): Promise<void>;
}

/** How a lost connection is met. */
export interface RetryOptions {
  /** Milliseconds after which the error is thrown. @default 60,000 */
  readonly giveUpAfter?: number;
  /** Milliseconds between tries. @default 500 */
  readonly pause?: number;
  readonly signal?: AbortSignal;
}

/**
 * Connects, and creates what is missing of the schema; several processes may do so at once.
 * Throws when no connection is configured, when it cannot be reached, or when the store is of another schema version.
 */
export async function openMetadataStore(
  config?: MetadataConnectionConfig,
  retry: RetryOptions = {},
): Promise<MetadataStore> {
  const connection = resolveMetadataConnection(config);
  const pool = createPool(connection);
  const store = storeOver(pool, retry);
  try {
    await store.transaction((transaction) => createSchema(transaction, connection.schema));
  } catch (error) {
    await store.close();
    throw error;
  }
  return store;
}

function createPool({ url, schema }: ResolvedMetadataConnection): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    options: `-c search_path=${schema}`,
    application_name: "daisy-ml-metadata",
    max: 2,
    // An execution may take hours between its first and its last statement.
    idleTimeoutMillis: 2_000,
    allowExitOnIdle: true,
  });
  // Without listeners, a connection that PostgreSQL closes would end the process; the next statement shows the loss.
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
}

function storeOver(pool: pg.Pool, retry: RetryOptions): MetadataStore {
  let closing: Promise<void> | undefined;
  const query = (text: string, values?: unknown[]) => retrying(() => pool.query(text, values), retry);
  return {
    db: { query } as Queryable,
    transaction: (work) => retrying(() => inTransaction(pool, work), retry),
    close: () => {
      closing ??= pool.end();
      return closing;
    },
  };
}

async function inTransaction<Result>(pool: pg.Pool, work: (transaction: Transaction) => Promise<Result>) {
  const client = await pool.connect();
  let failure: Error | undefined;
  try {
    await client.query("BEGIN");
    const result = await work(client);
    await client.query("COMMIT");
    return result;
  } catch (error) {
    failure = error as Error;
    await client.query("ROLLBACK").catch(() => {});
    throw error;
  } finally {
    client.release(isConnectionLoss(failure));
  }
}

async function retrying<Result>(attempt: () => Promise<Result>, options: RetryOptions): Promise<Result> {
  const { giveUpAfter = 60_000, pause = 500, signal } = options;
  const started = performance.now();
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      const again = isConnectionLoss(error) || lostToAnother(error);
      if (!again || performance.now() - started > giveUpAfter) throw error;
      await delay(pause, undefined, { signal });
    }
  }
}

/** Codes of node's sockets, and PostgreSQL's classes 08 (connection) and 57P (shutdown, starting up). */
const CONNECTION_LOSS = /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOENT|08...|57P0[123])$/;

/** PostgreSQL ended the transaction in favour of another one: a deadlock, or a serialization failure. */
function lostToAnother(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code === "40P01" || code === "40001";
}

function isConnectionLoss(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  if (typeof code === "string") return CONNECTION_LOSS.test(code);
  return /^Connection terminated|^timeout expired|is not queryable$/.test(error.message);
}
