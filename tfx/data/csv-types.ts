import type { ColumnType } from "./columns.ts";

/** What a CSV column holds: no cell at all, or the widest of its cells. */
export type CsvType = "UNKNOWN" | ColumnType;

const ORDER: readonly CsvType[] = ["UNKNOWN", "INT", "FLOAT", "BYTES"];
const INT = /^\s*[+-]?\d(?:_?\d)*\s*$/;
const FLOAT =
  /^\s*[+-]?(?:(?:\d(?:_?\d)*(?:\.(?:\d(?:_?\d)*)?)?|\.\d(?:_?\d)*)(?:[eE][+-]?\d(?:_?\d)*)?|inf(?:inity)?|nan)\s*$/i;

/** The type of one cell by what Python's `int()` and `float()` accept; an integer beyond int64 is text (TFX). */
export function cellType(cell: string): CsvType {
  if (cell === "") return "UNKNOWN";
  if (isShortInteger(cell)) return "INT";
  if (INT.test(cell)) return isInt64(BigInt(pythonNumber(cell))) ? "INT" : "BYTES";
  return FLOAT.test(cell) ? "FLOAT" : "BYTES";
}

/** Learns the type of every column: the widest of its cells in the order UNKNOWN, INT, FLOAT, BYTES. */
export class CsvTypes {
  readonly types: CsvType[];

  constructor(columnCount: number) {
    this.types = new Array<CsvType>(columnCount).fill("UNKNOWN");
  }

  add(cells: readonly string[]): void {
    for (let index = 0; index < cells.length; index++) {
      const known = this.types[index]!;
      if (known === "BYTES") continue;
      const type = cellType(cells[index]!);
      if (type !== known && ORDER.indexOf(type) > ORDER.indexOf(known)) this.types[index] = type;
    }
  }
}

/** The value of a cell that is not empty, in a column of the given type. */
export function cellValue(cell: string, type: ColumnType): number | bigint | string {
  if (type === "BYTES") return cell;
  if (type === "FLOAT") return floatValue(cell);
  const short = Number(cell);
  if (Number.isSafeInteger(short)) return short;
  const exact = BigInt(pythonNumber(cell));
  const number = Number(exact);
  return Number.isSafeInteger(number) ? number : exact;
}

function floatValue(cell: string): number {
  const number = Number(cell);
  if (!Number.isNaN(number)) return number;
  const text = pythonNumber(cell).toLowerCase();
  if (text.includes("inf")) return text.startsWith("-") ? -Infinity : Infinity;
  return text.includes("nan") ? Number.NaN : Number(text);
}

/** Python's spelling of a number in JavaScript's: no blanks around it, no underscores, no plus sign. */
function pythonNumber(cell: string): string {
  return cell.trim().replaceAll("_", "").replace(/^\+/, "");
}

/** Digits only, few enough to be exact in a double: nearly every integer there is. */
function isShortInteger(cell: string): boolean {
  if (cell.length > 15) return false;
  for (let index = 0; index < cell.length; index++) {
    const code = cell.charCodeAt(index);
    if (code < 48 || code > 57) return false;
  }
  return true;
}

function isInt64(value: bigint): boolean {
  return BigInt.asIntN(64, value) === value;
}
