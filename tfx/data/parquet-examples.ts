import { rename, rm } from "node:fs/promises";
import path from "node:path";
import {
  BIGINT,
  BLOB,
  type DuckDBAppender,
  DuckDBBlobValue,
  DuckDBBlobVector,
  type DuckDBConnection,
  DuckDBDataChunk,
  DuckDBListType,
  DuckDBListValue,
  DuckDBListVector,
  type DuckDBResult,
  type DuckDBType,
  DuckDBTypeId,
  type DuckDBValue,
  type DuckDBVector,
  FLOAT,
  LIST,
} from "@duckdb/node-api";
import {
  type Batch,
  batchOf,
  type Column,
  ColumnBuilder,
  type ColumnSpec,
  type ColumnType,
  type ColumnValue,
  requireColumn,
} from "./columns.ts";
import { connectDuckDb, sqlName, sqlString } from "./duckdb.ts";
import { type SplitWriter, shardPath } from "./split-writer.ts";
import { textOrBytes } from "./text.ts";

/*
 * A feature is one nullable list column: NULL is missing, an empty list is present without a value. The elements are
 * BIGINT, FLOAT or BLOB (not VARCHAR, since a tf.Example's bytes need not be UTF-8).
 */
const ELEMENT_TYPES: Record<ColumnType, DuckDBType> = { INT: BIGINT, FLOAT, BYTES: BLOB };

/** Bounds what a writer holds in memory; a larger split becomes several files. */
const ROWS_PER_SHARD = 100_000;
/** DuckDB's own vector size: a chunk that is appended may not hold more rows. */
const ROWS_PER_CHUNK = 2048;

/** A SQL table expression over Parquet files. */
export function parquetTable(files: readonly string[]): string {
  return `read_parquet([${files.map(sqlString).join(", ")}])`;
}

/** The features that Parquet files hold, in their order. @throws when a column is not a list of a known type */
export async function parquetColumns(files: readonly string[]): Promise<ColumnSpec[]> {
  const connection = await connectDuckDb();
  try {
    const result = await connection.stream(`SELECT * FROM ${parquetTable(files)} LIMIT 0`);
    return Array.from({ length: result.columnCount }, (_, index) => {
      const name = result.columnName(index);
      const type = result.columnType(index);
      const columnType = type instanceof DuckDBListType ? typeOfElement(type.valueType.typeId) : undefined;
      if (!columnType) {
        throw new Error(`Column "${name}" of ${files[0]} is ${type}; expected a list of BIGINT, FLOAT or BLOB`);
      }
      return { name, type: columnType };
    });
  } finally {
    connection.closeSync();
  }
}

function typeOfElement(typeId: DuckDBTypeId): ColumnType | undefined {
  switch (typeId) {
    case DuckDBTypeId.BIGINT:
      return "INT";
    case DuckDBTypeId.FLOAT:
      return "FLOAT";
    case DuckDBTypeId.BLOB:
      return "BYTES";
    default:
      return undefined;
  }
}

/** Reads the given columns of Parquet files in batches of `batchSize` rows, the last one excepted. */
export async function* readParquetExamples(
  files: readonly string[],
  columns: readonly ColumnSpec[],
  batchSize: number,
  signal?: AbortSignal,
): AsyncGenerator<Batch> {
  const connection = await connectDuckDb();
  const interrupt = () => connection.interrupt();
  signal?.addEventListener("abort", interrupt);
  try {
    // Whether a list is NULL comes in a column of its own: a vector tells that of single values only.
    const selected = columns.map(({ name }) => `${sqlName(name)}, ${sqlName(name)} IS NULL`).join(", ");
    const result = await connection.stream(`SELECT ${selected} FROM ${parquetTable(files)}`);
    yield* batchesOf(result, columns, batchSize, signal);
  } finally {
    signal?.removeEventListener("abort", interrupt);
    connection.closeSync();
  }
}

async function* batchesOf(
  result: DuckDBResult,
  columns: readonly ColumnSpec[],
  batchSize: number,
  signal?: AbortSignal,
): AsyncGenerator<Batch> {
  const builders = columns.map((column) => new ColumnBuilder(column));
  const built = () => batchOf(builders.map((builder) => builder.build()));
  let rows = 0;
  for (;;) {
    signal?.throwIfAborted();
    const chunk = await result.fetchChunk();
    if (!chunk || chunk.rowCount === 0) break;
    for (let start = 0; start < chunk.rowCount; ) {
      const end = Math.min(chunk.rowCount, start + batchSize - rows);
      builders.forEach((builder, index) => {
        copyRows(chunk.getColumnVector(2 * index), chunk.getColumnVector(2 * index + 1), start, end, builder);
      });
      rows += end - start;
      start = end;
      if (rows === batchSize) {
        yield built();
        rows = 0;
      }
    }
  }
  if (rows > 0) yield built();
}

function copyRows(
  lists: DuckDBVector,
  missing: DuckDBVector,
  start: number,
  end: number,
  builder: ColumnBuilder,
): void {
  if (!(lists instanceof DuckDBListVector)) throw new Error(`Column "${builder.name}" is not a list`);
  const elements = lists.childVector;
  for (let row = start; row < end; row++) {
    if (missing.getItem(row)) {
      builder.addMissing();
      continue;
    }
    const first = lists.getEntryOffset(row);
    const length = lists.getEntryLength(row);
    for (let index = first; index < first + length; index++) builder.addValue(elementAt(elements, index, builder.name));
    builder.endRow();
  }
}

function elementAt(elements: DuckDBVector, index: number, name: string): ColumnValue {
  const value = elements instanceof DuckDBBlobVector ? elements.getItemBytes(index) : elements.getItem(index);
  if (value === null) throw new Error(`A list in column "${name}" holds NULL; a feature's values may not`);
  return value instanceof Uint8Array ? textOrBytes(value) : (value as number | bigint);
}

/** Writes one split as Parquet files `<base name>-NNNNN-of-NNNNN.parquet`, Snappy inside. */
export class ParquetSplitWriter implements SplitWriter {
  private readonly folder: string;
  private readonly baseName: string;
  private readonly columns: readonly ColumnSpec[];
  private readonly partials: string[] = [];
  private connection: DuckDBConnection | undefined;
  private appender: DuckDBAppender | undefined;
  private rowsInShard = 0;

  constructor(folder: string, baseName: string, columns: readonly ColumnSpec[]) {
    if (columns.length === 0) throw new Error(`${folder}: a Parquet file needs at least one column`);
    this.folder = folder;
    this.baseName = baseName;
    this.columns = columns;
  }

  async write(batch: Batch): Promise<void> {
    this.appender ??= await this.openShard();
    const columns = this.columns.map(({ name }) => requireColumn(batch, name));
    for (let start = 0; start < batch.numRows; start += ROWS_PER_CHUNK) {
      const end = Math.min(start + ROWS_PER_CHUNK, batch.numRows);
      this.appender.appendDataChunk(chunkOf(columns, this.columns, start, end));
    }
    this.rowsInShard += batch.numRows;
    if (this.rowsInShard >= ROWS_PER_SHARD) await this.flushShard();
  }

  async close(): Promise<string[]> {
    // A split without rows is a file without rows, so that its columns are known.
    if (this.partials.length === 0) this.appender ??= await this.openShard();
    if (this.appender) await this.flushShard();
    this.disconnect();
    const count = this.partials.length;
    const files = this.partials.map((_, index) => shardPath(this.folder, this.baseName, index, count, ".parquet"));
    for (let index = 0; index < count; index++) await rename(this.partials[index]!, files[index]!);
    return files;
  }

  async discard(): Promise<void> {
    this.disconnect();
    for (const partial of this.partials) await rm(partial, { force: true });
  }

  private disconnect(): void {
    this.connection?.closeSync();
    this.connection = undefined;
    this.appender = undefined;
  }

  private async openShard(): Promise<DuckDBAppender> {
    this.connection ??= await connectDuckDb();
    const columns = this.columns.map(({ name, type }) => `${sqlName(name)} ${ELEMENT_TYPES[type]}[]`).join(", ");
    await this.connection.run(`CREATE TEMP TABLE shard (${columns})`);
    return this.connection.createAppender("shard", undefined, "temp");
  }

  private async flushShard(): Promise<void> {
    this.appender!.closeSync();
    this.appender = undefined;
    this.rowsInShard = 0;
    const partial = path.join(this.folder, `.${this.baseName}-${this.partials.length}.parquet.partial`);
    this.partials.push(partial);
    await this.connection!.run(`COPY shard TO ${sqlString(partial)} (FORMAT parquet, COMPRESSION snappy)`);
    await this.connection!.run("DROP TABLE shard");
  }
}

function chunkOf(
  columns: readonly Column[],
  specs: readonly ColumnSpec[],
  start: number,
  end: number,
): DuckDBDataChunk {
  const chunk = DuckDBDataChunk.create(
    specs.map(({ type }) => LIST(ELEMENT_TYPES[type])),
    end - start,
  );
  columns.forEach((column, index) => {
    if (column.type !== specs[index]!.type) {
      throw new Error(`Column "${column.name}" is ${column.type} where ${specs[index]!.type} is declared`);
    }
    chunk.setColumnValues(index, listsOf(column, start, end));
  });
  return chunk;
}

const EMPTY_LIST = new DuckDBListValue([]);

function listsOf(column: Column, start: number, end: number): (DuckDBListValue | null)[] {
  const element = elementsOf(column);
  const lists: (DuckDBListValue | null)[] = [];
  for (let row = start; row < end; row++) {
    const first = column.offsets[row]!;
    const next = column.offsets[row + 1]!;
    if (column.missing?.[row]) lists.push(null);
    else if (first === next) lists.push(EMPTY_LIST);
    else if (first + 1 === next) lists.push(new DuckDBListValue([element(first)]));
    else {
      const items: DuckDBValue[] = [];
      for (let index = first; index < next; index++) items.push(element(index));
      lists.push(new DuckDBListValue(items));
    }
  }
  return lists;
}

/** A column's values as DuckDB takes them. Strings often recur, and their bytes are made once. */
function elementsOf(column: Column): (index: number) => DuckDBValue {
  if (column.type === "INT") return (index) => BigInt(column.values[index]!);
  if (column.type === "FLOAT") return (index) => column.values[index]!;
  const blobs = new Map<string, DuckDBBlobValue>();
  return (index) => {
    const value = column.values[index]!;
    if (typeof value !== "string") return new DuckDBBlobValue(value);
    const known = blobs.get(value);
    if (known) return known;
    const made = new DuckDBBlobValue(Buffer.from(value, "utf8"));
    blobs.set(value, made);
    return made;
  };
}
