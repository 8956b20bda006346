import type { JsonValue } from "../../json.ts";
import type { BoundStatement } from "./bind-parameters.ts";

/** What a statement brought; values as `sql-values.ts` has them. */
export interface SqlResult {
  /** Names of the columns; none for a statement that returns no rows. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly JsonValue[])[];
  /** Rows returned or changed; null when the database does not say. */
  readonly rowCount: number | null;
}

/** One connection to a database. */
export interface SqlDatabase {
  /** Runs one statement; without values, several may be given, and the last one's result counts. */
  run(statement: BoundStatement): Promise<SqlResult>;
  /** May be called when the connection is broken. */
  close(): Promise<void>;
}
