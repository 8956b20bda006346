import { type Batch, batchOf, columnOf } from "#tfx/data/columns.ts";
import { ExampleEncoder } from "#tfx/data/example.ts";
import { GraphBuilder } from "#tfx/saved_model/graph-builder.ts";
import { transformSignature } from "#tfx/saved_model/transform-signature.ts";
import { writeSavedModel } from "#tfx/saved_model/write.ts";
import { analyze } from "#tfx/transform/analyze.ts";
import { batchSource } from "#tfx/transform/evaluate.ts";
import type { FeatureSpecs } from "#tfx/transform/feature-spec.ts";
import type { Token } from "#tfx/transform/tokens.ts";
import { type FeatureFunction, traceFunction } from "#tfx/transform/trace.ts";
import { TransformFunction } from "#tfx/transform/transform-function.ts";

/** What tests read: any number of floats, integers and strings, and a float that is always there. */
export const FEATURES = {
  f: { kind: "varlen", dtype: "float32" },
  g: { kind: "varlen", dtype: "float32" },
  i: { kind: "varlen", dtype: "int64" },
  s: { kind: "varlen", dtype: "string" },
  fixed: { kind: "fixed", dtype: "float32", shape: [1] },
} as const satisfies FeatureSpecs;

/** A row of the test features; what is not given is missing. */
export interface Row {
  readonly f?: number | readonly number[];
  readonly g?: number;
  readonly i?: number | bigint;
  readonly s?: Token;
  readonly fixed?: number;
}

/** Rows as a batch; the fixed feature is 0 where it is not given. */
export function rowsBatch(rows: readonly Row[]): Batch {
  const types = { f: "FLOAT", g: "FLOAT", i: "INT", s: "BYTES", fixed: "FLOAT" } as const;
  return batchOf(
    Object.entries(types).map(([name, type]) => {
      const cells = rows.map((row) => {
        const cell = row[name as keyof Row] ?? (name === "fixed" ? 0 : []);
        return Array.isArray(cell) ? cell : [cell];
      });
      const offsets = Uint32Array.from([0, ...cells.map((_, r) => cells.slice(0, r + 1).flat().length)]);
      const missing = Uint8Array.from(cells, (cell) => Number(cell.length === 0));
      return columnOf({ name, type }, offsets, missing, cells.flat());
    }),
  );
}

/** The rows of a batch as serialized tf.Examples. */
export function serializedExamples(batch: Batch): Uint8Array[] {
  const encoder = new ExampleEncoder(batch);
  return Array.from({ length: batch.numRows }, (_, row) => Uint8Array.from(encoder.encode(row)));
}

/** Traces a function of the test features and analyses it over some batches. */
export async function transformOf(run: FeatureFunction, batches: readonly Batch[]): Promise<TransformFunction> {
  const traced = traceFunction("preprocessingFn", run, FEATURES);
  const { graph, vocabularies } = await analyze(traced, async function* () {
    yield* batches;
  });
  return new TransformFunction(graph, vocabularies);
}

/** The values of each output for the rows of a batch. */
export function evaluate(transform: TransformFunction, batch: Batch): Record<string, readonly unknown[]> {
  const values = transform.evaluate(batchSource(batch));
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Array.from(value.values as never[])]));
}

/** Writes a transform as a SavedModel with the signature `transform_features`. */
export async function writeTransform(directory: string, transform: TransformFunction): Promise<void> {
  const graph = new GraphBuilder();
  const signatures = { transform_features: transformSignature(graph, transform) };
  await writeSavedModel(directory, { graph, signatures, assets: transform.assets() });
}
