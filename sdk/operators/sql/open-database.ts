import { AirflowFailException } from "../../errors.ts";
import { getClient, getContext } from "../../task-scope.ts";
import { readExtra } from "../connection-extra.ts";
import type { SqlDatabase } from "./sql-database.ts";

/** Which database an operator works on. */
export interface SqlTarget {
  /** A connection of type postgres or duckdb. @default none: `database` is a DuckDB file */
  connId?: string;
  /** In place of the connection's database. Without a connection: a DuckDB file, or `:memory:`. */
  database?: string;
}

/** Throws when an operator's options name no database. */
export function checkTarget(caller: string, { connId, database }: SqlTarget): void {
  if (connId !== undefined || database !== undefined) return;
  throw new Error(`${caller}(...) needs a connId, or a DuckDB file (or ":memory:") as its database`);
}

/** Opens the database, with the library for its kind; statements stop when the task is stopped. */
export async function openDatabase({ connId, database }: SqlTarget): Promise<SqlDatabase> {
  const { signal } = getContext();
  if (connId === undefined) return (await import("./duckdb.ts")).openDuckDb(database ?? ":memory:", {}, signal);
  const connection = await getClient().getConnectionOrThrow(connId);
  switch (connection.type) {
    case "postgres":
    case "postgresql":
      return (await import("./postgres.ts")).openPostgres(connection, database, signal);
    case "duckdb": {
      const file = database ?? (connection.host || connection.schema || ":memory:");
      const settings = Object.entries(readExtra(connection)).map(([name, value]) => [name, String(value)]);
      return (await import("./duckdb.ts")).openDuckDb(file, Object.fromEntries(settings), signal);
    }
    default:
      throw new AirflowFailException(
        `Connection "${connId}" has the type "${connection.type}"; SQL runs on connections of type postgres and duckdb`,
      );
  }
}
