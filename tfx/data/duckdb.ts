import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";

let instance: Promise<DuckDBInstance> | undefined;

/** Statements on one connection. Numbers come as numbers, BIGINT as bigint, lists as arrays, NULL as null. */
export interface Sql {
  run(statement: string): Promise<void>;
  rows<Row>(query: string): Promise<Row[]>;
}

/**
 * Runs work on a connection of its own to this process's in-memory DuckDB; temporary tables live as long as the work.
 * Aborting the signal interrupts the statement that runs.
 */
export async function withDuckDb<T>(work: (sql: Sql) => Promise<T>, signal?: AbortSignal): Promise<T> {
  const connection = await connectDuckDb();
  const interrupt = () => connection.interrupt();
  signal?.addEventListener("abort", interrupt);
  try {
    signal?.throwIfAborted();
    return await work(sqlOf(connection));
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener("abort", interrupt);
    connection.closeSync();
  }
}

function sqlOf(connection: DuckDBConnection): Sql {
  return {
    run: async (statement) => void (await connection.run(statement)),
    rows: async <Row>(query: string) => (await connection.runAndReadAll(query)).getRowObjectsJS() as Row[],
  };
}

/** A new connection to this process's in-memory DuckDB; the caller closes it. */
export async function connectDuckDb(): Promise<DuckDBConnection> {
  instance ??= DuckDBInstance.create(":memory:");
  return (await instance).connect();
}

/** A SQL string literal. */
export function sqlString(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A quoted SQL identifier. */
export function sqlName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
