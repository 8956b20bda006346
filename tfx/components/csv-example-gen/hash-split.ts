import { createHash } from "node:crypto";
import { type Batch, requireColumn } from "../../data/columns.ts";
import { ExampleEncoder } from "../../data/example.ts";
import type { OutputSplit } from "./config.ts";

/**
 * Says for each row of a batch which output split it belongs to, by index: the SHA-256 of the deterministically
 * serialised example (or of its partition feature) as one big-endian integer, modulo the sum of the buckets; the first
 * split whose cumulative buckets exceed the remainder takes the row (TFX's rule).
 */
export function assignSplits(batch: Batch, splits: readonly OutputSplit[], partitionFeatureName?: string): Uint8Array {
  const total = splits.reduce((sum, split) => sum + split.hashBuckets, 0);
  const splitOfBucket = splits.flatMap((split, index) => new Array<number>(split.hashBuckets).fill(index));
  const encoder = new ExampleEncoder(batch);
  const partition =
    partitionFeatureName === undefined ? undefined : partitionKeys(batch, encoder, partitionFeatureName);
  const assigned = new Uint8Array(batch.numRows);
  for (let row = 0; row < batch.numRows; row++) {
    assigned[row] = splitOfBucket[bucketOf(partition ? partition(row) : encoder.encode(row), total)]!;
  }
  return assigned;
}

function bucketOf(key: Uint8Array, total: number): number {
  let remainder = 0;
  for (const byte of createHash("sha256").update(key).digest()) remainder = (remainder * 256 + byte) % total;
  return remainder;
}

function partitionKeys(batch: Batch, encoder: ExampleEncoder, name: string): (row: number) => Uint8Array {
  if (!batch.columns.has(name)) throw new Error(`Feature name \`${name}\` does not exist.`);
  const column = requireColumn(batch, name);
  return (row) => {
    if (column.missing?.[row]) throw new Error("Partition feature does not contain any value.");
    if (column.type === "FLOAT") {
      throw new Error("Only `bytes_list` and `int64_list` features are supported for partition.");
    }
    return encoder.encodeFeature(name, row)!;
  };
}
