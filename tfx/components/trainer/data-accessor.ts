import path from "node:path";
import type { Column } from "../../data/columns.ts";
import { readExamples } from "../../data/examples.ts";
import { type DatasetOptions, type DenseFeature, ExampleDataset } from "../../training/example-dataset.ts";
import type { Artifact } from "../../types/artifact.ts";
import { splitUri } from "../../types/splits.ts";

/** How a `runFn` reads its examples, whichever way they are stored. */
export interface DataAccessor {
  /**
   * Reads examples into memory for training.
   * @param files `fnArgs.trainFiles` or `fnArgs.evalFiles`
   * @example
   * await fnArgs.dataAccessor.datasetFactory(fnArgs.trainFiles, { batchSize: 40, labelKey: "tips" });
   */
  readonly datasetFactory: (files: readonly string[], options: DatasetOptions) => Promise<ExampleDataset>;
}

/** The file patterns of some splits of an artifact, as `FnArgs` names them. */
export function splitPatterns(examples: Artifact, splits: readonly string[]): string[] {
  return splits.map((split) => path.join(splitUri(examples, split), "*"));
}

/** Gives access to the splits of an artifact by their file patterns. */
export function dataAccessor(examples: Artifact, splits: readonly string[], signal: AbortSignal): DataAccessor {
  const splitOfPattern = new Map(splits.map((split) => [splitPatterns(examples, [split])[0]!, split]));
  return {
    datasetFactory: async (files, options) => {
      const columns = new FeatureColumns();
      for (const pattern of files) {
        const split = splitOfPattern.get(pattern);
        if (split === undefined) {
          throw new Error(
            `datasetFactory reads this execution's splits ${[...splitOfPattern.keys()].join(", ")}, got ${pattern}`,
          );
        }
        for await (const { numRows, columns: batch } of readExamples(examples, split, { signal })) {
          columns.add(numRows, batch);
        }
      }
      return new ExampleDataset(columns.numRows, columns.features(), { ...options, unusable: columns.unusable });
    },
  };
}

/** Collects columns of batches as dense numbers; what is not dense numbers is left out, with the reason. */
class FeatureColumns {
  readonly unusable = new Map<string, string>();
  readonly #parts = new Map<string, { type: DenseFeature["dtype"]; width: number; values: ArrayLike<number>[] }>();
  numRows = 0;

  add(numRows: number, batch: ReadonlyMap<string, Column>): void {
    this.numRows += numRows;
    for (const [name, column] of batch) {
      if (this.unusable.has(name)) continue;
      const reason = this.#addColumn(name, numRows, column);
      if (reason) this.unusable.set(name, reason);
    }
  }

  features(): Map<string, DenseFeature> {
    const usable = [...this.#parts].filter(([name]) => !this.unusable.has(name));
    return new Map(
      usable.map(([name, { type, width, values }]) => [name, { dtype: type, width, values: joined(type, values) }]),
    );
  }

  /** Returns why the column cannot be used, if so. */
  #addColumn(name: string, numRows: number, column: Column): string | undefined {
    if (column.type === "BYTES") return "it holds text";
    if (column.missing) return "some examples lack it";
    const width = column.offsets[1] ?? 0;
    if (width === 0 || column.offsets.some((offset, row) => offset !== row * width)) {
      return "examples hold different numbers of its values";
    }
    const isInt = column.type === "INT";
    if (isInt && !isInt32(column.values)) return "its values need more than 32 bits";
    const known = this.#parts.get(name) ?? { type: isInt ? "int32" : "float32", width, values: [] };
    if (known.width !== width && numRows > 0) return "examples hold different numbers of its values";
    known.values.push(column.values as ArrayLike<number>);
    this.#parts.set(name, known);
    return undefined;
  }
}

function isInt32(values: Float64Array | BigInt64Array): boolean {
  return values instanceof Float64Array && values.every((value) => value === (value | 0));
}

function joined(type: DenseFeature["dtype"], parts: readonly ArrayLike<number>[]): Float32Array | Int32Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const values = type === "int32" ? new Int32Array(length) : new Float32Array(length);
  let at = 0;
  for (const part of parts) {
    values.set(part, at);
    at += part.length;
  }
  return values;
}
