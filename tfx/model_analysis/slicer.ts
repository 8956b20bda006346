import type { Column } from "../data/columns.ts";
import type { SlicingSpec } from "./eval-config.ts";
import { isValue, type SingleSliceKey, type SliceKey, sliceName } from "./slice-key.ts";

/** One slice and the numbers of its examples. */
export interface Slice {
  readonly key: SliceKey;
  readonly rows: readonly number[];
}

/**
 * Sorts examples into slices. An example is in one slice for each of its values of a feature, and in none when it lacks
 * the feature.
 */
export class Slicer {
  readonly #specs: readonly SlicingSpec[];
  readonly #slices = new Map<string, { key: SliceKey; rows: number[] }>();

  constructor(specs: readonly SlicingSpec[]) {
    this.#specs = specs;
  }

  /** The features that the specs name. */
  get columns(): string[] {
    const names = this.#specs.flatMap(({ featureKeys = [], featureValues = {} }) => [
      ...featureKeys,
      ...Object.keys(featureValues),
    ]);
    return [...new Set(names)];
  }

  /** Adds rows 0 … numRows − 1 of some columns, which are counted on from `firstRow`. */
  add(numRows: number, columns: ReadonlyMap<string, Column>, firstRow: number): void {
    for (let row = 0; row < numRows; row++) {
      const found = new Map<string, SliceKey>();
      for (const spec of this.#specs) {
        for (const key of keysOfRow(spec, columns, row)) found.set(sliceId(key), key);
      }
      for (const [id, key] of found) {
        const slice = this.#slices.get(id) ?? { key, rows: [] };
        slice.rows.push(firstRow + row);
        this.#slices.set(id, slice);
      }
    }
  }

  /** Every slice that has an example; the overall one first, then by name and value. */
  slices(): Slice[] {
    return [...this.#slices.values()].sort((a, b) => compareKeys(a.key, b.key));
  }
}

/** Distinguishes the number 5 from the text "5", which have one name. */
function sliceId(key: SliceKey): string {
  return `${key.map(({ type }) => type).join(",")}/${sliceName(key)}`;
}

function keysOfRow(spec: SlicingSpec, columns: ReadonlyMap<string, Column>, row: number): SliceKey[] {
  const { featureKeys = [], featureValues = {} } = spec;
  let keys: SingleSliceKey[][] = [[]];
  for (const column of [...featureKeys, ...Object.keys(featureValues)].sort()) {
    const wanted = featureValues[column];
    const values = valuesOfRow(columns.get(column), column, row).filter(
      ({ value }) => wanted === undefined || isValue(value, wanted),
    );
    keys = keys.flatMap((key) => values.map((value) => [...key, value]));
  }
  return keys;
}

function valuesOfRow(values: Column | undefined, column: string, row: number): SingleSliceKey[] {
  if (!values) return [];
  const distinct = new Set<SingleSliceKey["value"]>();
  for (let index = values.offsets[row]!; index < values.offsets[row + 1]!; index++) distinct.add(values.values[index]!);
  return [...distinct].map((value) => ({ column, value, type: values.type }));
}

function compareKeys(a: SliceKey, b: SliceKey): number {
  if (a.length !== b.length) return a.length - b.length;
  for (const [index, left] of a.entries()) {
    const right = b[index]!;
    const order = compare(left.column, right.column) || compare(left.value, right.value);
    if (order !== 0) return order;
  }
  return 0;
}

function compare(left: SingleSliceKey["value"], right: SingleSliceKey["value"]): number {
  const isText = typeof left === "string" || left instanceof Uint8Array;
  const [a, b] = isText ? [String(left), String(right)] : [left, right];
  return a < b ? -1 : a > b ? 1 : 0;
}
