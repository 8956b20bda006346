import { type Batch, batchOf, ColumnBuilder, type ColumnSpec } from "../../data/columns.ts";
import { pythonList, readCsvHeader, readCsvRecords } from "../../data/csv.ts";
import { type CsvType, CsvTypes, cellValue } from "../../data/csv-types.ts";

/**
 * How an empty cell becomes a feature. TFX today writes a typed list without values; up to 0.21 it wrote a feature
 * without a kind, which serialises, and therefore splits, differently.
 */
export type MissingCell = "empty list" | "no kind";

/** The columns of some CSV files and the types of their cells. */
export interface CsvTable {
  readonly files: readonly string[];
  readonly header: readonly string[];
  readonly types: readonly CsvType[];
}

const BATCH_ROWS = 4096;

/**
 * Reads all files once to learn the columns' types.
 * @param split the input split's name, for messages
 * @throws when headers differ, a header names a column twice, or there is no row
 */
export async function inspectCsv(split: string, files: readonly string[], signal?: AbortSignal): Promise<CsvTable> {
  const header = await commonHeader(split, files, signal);
  const types = new CsvTypes(header.length);
  let rows = 0;
  for (const file of files) {
    for await (const records of readCsvRecords(file, header, signal)) {
      for (const { cells } of records) types.add(cells);
      rows += records.length;
    }
  }
  if (rows === 0) throw new Error(`No rows in ${files.join(", ")}: expected rows after the header line`);
  return { files, header, types: types.types };
}

async function commonHeader(split: string, files: readonly string[], signal?: AbortSignal): Promise<string[]> {
  const header = await readCsvHeader(files[0]!, signal);
  for (const file of files.slice(1)) {
    const other = await readCsvHeader(file, signal);
    if (pythonList(other) !== pythonList(header)) {
      throw new Error(
        `Files in same split ${split} have different header. ${files[0]}: ${pythonList(header)}, ${file}: ${pythonList(other)}`,
      );
    }
  }
  const duplicates = header.filter((name, index) => header.indexOf(name) !== index);
  if (duplicates.length > 0) throw new Error(`${files[0]}: the header names ${pythonList(duplicates)} more than once`);
  return header;
}

/** The features that the table's rows become; a column without any cell is BYTES that are always missing. */
export function csvColumns(table: CsvTable): ColumnSpec[] {
  return table.header.map((name, index) => {
    const type = table.types[index]!;
    return { name, type: type === "UNKNOWN" ? "BYTES" : type };
  });
}

/** Reads all files again, as examples. */
export async function* csvBatches(
  table: CsvTable,
  missingCell: MissingCell,
  signal?: AbortSignal,
): AsyncGenerator<Batch> {
  const builders = csvColumns(table).map((column) => new ColumnBuilder(column));
  const keepsKind = table.types.map((type) => missingCell === "empty list" && type !== "UNKNOWN");
  for (const file of table.files) {
    for await (const records of readCsvRecords(file, table.header, signal)) {
      for (const { cells } of records) {
        addRow(builders, cells, keepsKind);
        if (builders[0]!.numRows === BATCH_ROWS) yield batchOf(builders.map((builder) => builder.build()));
      }
    }
  }
  if (builders[0]!.numRows > 0) yield batchOf(builders.map((builder) => builder.build()));
}

function addRow(builders: readonly ColumnBuilder[], cells: readonly string[], keepsKind: readonly boolean[]): void {
  for (let index = 0; index < builders.length; index++) {
    const builder = builders[index]!;
    const cell = cells[index]!;
    if (cell !== "") builder.addValue(cellValue(cell, builder.type));
    if (cell === "" && !keepsKind[index]) builder.addMissing();
    else builder.endRow();
  }
}
