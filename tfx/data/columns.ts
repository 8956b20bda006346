/** The three kinds of values a tf.Example holds, in ML Metadata's and TFDV's words. */
export type ColumnType = "INT" | "FLOAT" | "BYTES";

/** A column without its data. */
export interface ColumnSpec {
  readonly name: string;
  readonly type: ColumnType;
}

interface ColumnRows {
  readonly name: string;
  /** Row r holds `values[offsets[r]] … values[offsets[r + 1] - 1]`; the length is rows + 1 and the first is 0. */
  readonly offsets: Uint32Array;
  /** 1 where the feature is missing (absent, or without a kind). Absent when no row is missing. A missing row has no values. */
  readonly missing?: Uint8Array;
}
export interface IntColumn extends ColumnRows {
  readonly type: "INT";
  /** int64: doubles while every value of the batch is exact in one (up to 2^53), else bigints. */
  readonly values: Float64Array | BigInt64Array;
}
export interface FloatColumn extends ColumnRows {
  readonly type: "FLOAT";
  readonly values: Float32Array;
}
export interface BytesColumn extends ColumnRows {
  readonly type: "BYTES";
  /** A string where the bytes are valid UTF-8, else the bytes themselves. */
  readonly values: readonly (string | Uint8Array)[];
}

/** One feature of some rows. A row is missing, present with no value, or holds one or more values. */
export type Column = IntColumn | FloatColumn | BytesColumn;

/** Some rows of a split, by column. Columns keep the order in which they are stored. */
export interface Batch {
  readonly numRows: number;
  readonly columns: ReadonlyMap<string, Column>;
}

/** A value as a builder takes it: numbers or bigints for INT, numbers for FLOAT, strings or bytes for BYTES. */
export type ColumnValue = number | bigint | string | Uint8Array;

/** Collects one column row by row: for each row either `addMissing()` or any number of `addValue` and then `endRow()`. */
export class ColumnBuilder {
  readonly name: string;
  readonly type: ColumnType;
  private values: ColumnValue[] = [];
  private offsets: number[] = [0];
  private missing: number[] = [];

  constructor(spec: ColumnSpec) {
    this.name = spec.name;
    this.type = spec.type;
  }

  get numRows(): number {
    return this.offsets.length - 1;
  }

  addValue(value: ColumnValue): void {
    this.values.push(value);
  }

  endRow(): void {
    this.offsets.push(this.values.length);
  }

  addMissing(): void {
    this.missing.push(this.numRows);
    this.offsets.push(this.values.length);
  }

  /** The rows so far as a column; the builder starts again empty. */
  build(): Column {
    const column = columnOf(this, Uint32Array.from(this.offsets), missingMask(this.missing, this.numRows), this.values);
    this.values = [];
    this.offsets = [0];
    this.missing = [];
    return column;
  }
}

/** A column of the given values, brought into the form that its type keeps them in. */
export function columnOf(
  spec: ColumnSpec,
  offsets: Uint32Array,
  missing: Uint8Array | undefined,
  values: readonly ColumnValue[],
): Column {
  const rows = { name: spec.name, offsets, missing };
  if (spec.type === "INT") return { ...rows, type: "INT", values: intValues(values as readonly (number | bigint)[]) };
  if (spec.type === "FLOAT") return { ...rows, type: "FLOAT", values: Float32Array.from(values as readonly number[]) };
  return { ...rows, type: "BYTES", values: values as readonly (string | Uint8Array)[] };
}

/** int64 values as doubles while all are exact, else as bigints. */
export function intValues(values: readonly (number | bigint)[] | BigInt64Array): Float64Array | BigInt64Array {
  const numbers = new Float64Array(values.length);
  for (let index = 0; index < values.length; index++) {
    const number = Number(values[index]);
    if (!Number.isSafeInteger(number)) return BigInt64Array.from(values as readonly (number | bigint)[], BigInt);
    numbers[index] = number;
  }
  return numbers;
}

function missingMask(rows: readonly number[], numRows: number): Uint8Array | undefined {
  if (rows.length === 0) return undefined;
  const mask = new Uint8Array(numRows);
  for (const row of rows) mask[row] = 1;
  return mask;
}

/** A batch of the given columns, which must all have the same number of rows. */
export function batchOf(columns: readonly Column[]): Batch {
  const numRows = columns.length === 0 ? 0 : columns[0]!.offsets.length - 1;
  for (const { name, offsets } of columns) {
    if (offsets.length - 1 !== numRows) {
      throw new Error(`Column "${name}" has ${offsets.length - 1} rows where the others have ${numRows}`);
    }
  }
  return { numRows, columns: new Map(columns.map((column) => [column.name, column])) };
}

/** The batch of only the given rows, in the given order. */
export function takeRows(batch: Batch, rows: readonly number[]): Batch {
  const columns = Array.from(batch.columns.values(), (column) => {
    const builder = new ColumnBuilder(column);
    for (const row of rows) {
      if (column.missing?.[row]) {
        builder.addMissing();
        continue;
      }
      for (let index = column.offsets[row]!; index < column.offsets[row + 1]!; index++) {
        builder.addValue(column.values[index]!);
      }
      builder.endRow();
    }
    return builder.build();
  });
  return { numRows: rows.length, columns: new Map(columns.map((column) => [column.name, column])) };
}

/** The column of a name, or an error that lists those there are. */
export function requireColumn(batch: Batch, name: string): Column {
  const column = batch.columns.get(name);
  if (!column) throw new Error(`No column "${name}"; there are ${[...batch.columns.keys()].join(", ") || "none"}`);
  return column;
}
