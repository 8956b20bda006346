import type { DuckDBValueConverter, Json } from "@duckdb/node-api";
import type { JsonValue } from "../../json.ts";
import type { SqlDatabase } from "./sql-database.ts";
import { isoTimestamp, wholeNumber } from "./sql-values.ts";

/**
 * Opens a DuckDB file, which is made when missing, or `:memory:`. Only one process at a time may have a file open.
 * Aborting the signal interrupts the statement that runs.
 * @param settings DuckDB's, such as `{ threads: "2" }`
 */
export async function openDuckDb(
  path: string,
  settings: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<SqlDatabase> {
  const duckdb = await import("@duckdb/node-api");
  const instance = await duckdb.DuckDBInstance.create(path, settings);
  const connection = await instance.connect();
  const interrupt = () => connection.interrupt();
  signal.addEventListener("abort", interrupt, { once: true });
  const convert = valueConverter(duckdb);
  return {
    async run({ text, values }) {
      signal.throwIfAborted();
      try {
        const given = values.length > 0 ? values.map(toParameter) : undefined;
        const reader = await connection.runAndReadAll(text, given);
        const rows = reader.convertRows(convert) as JsonValue[][];
        const columns = reader.columnNames();
        // DuckDB keeps JSON as text, and tells it by the column's name for its type alone.
        const parsed = columns.map((_, index) => reader.columnLogicalType(index).alias === "JSON");
        return {
          columns,
          rows: parsed.includes(true) ? rows.map((row) => parseColumns(row, parsed)) : rows,
          rowCount: reader.rowsChanged || rows.length,
        };
      } catch (error) {
        signal.throwIfAborted();
        throw error;
      }
    },
    async close() {
      signal.removeEventListener("abort", interrupt);
      connection.closeSync();
      instance.closeSync();
    },
  };
}

function parseColumns(row: readonly JsonValue[], parsed: readonly boolean[]): JsonValue[] {
  return row.map((value, index) => (parsed[index] && typeof value === "string" ? JSON.parse(value) : value));
}

function toParameter(value: JsonValue): string | number | boolean | null {
  return typeof value === "object" && value !== null ? JSON.stringify(value) : value;
}

/** DuckDB's own JSON form, but for what `sql-values.ts` says of whole numbers and dates. */
function valueConverter({
  DuckDBTypeId,
  JsonDuckDBValueConverter,
}: typeof import("@duckdb/node-api")): DuckDBValueConverter<Json> {
  const { BIGINT, UBIGINT, HUGEINT, UHUGEINT, TIMESTAMP, TIMESTAMP_S, TIMESTAMP_MS, TIMESTAMP_NS, TIMESTAMP_TZ } =
    DuckDBTypeId;
  const wholeNumbers = new Set<number>([BIGINT, UBIGINT, HUGEINT, UHUGEINT]);
  const timestamps = new Set<number>([TIMESTAMP, TIMESTAMP_S, TIMESTAMP_MS, TIMESTAMP_NS, TIMESTAMP_TZ]);
  const convert: DuckDBValueConverter<Json> = (value, type) => {
    if (value === null) return null;
    if (wholeNumbers.has(type.typeId)) return wholeNumber(String(value)) as Json;
    if (timestamps.has(type.typeId)) return isoTimestamp(String(value)) as Json;
    return JsonDuckDBValueConverter(value, type, convert);
  };
  return convert;
}
