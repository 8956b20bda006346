import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Batch } from "#tfx/data/columns.ts";
import { readExamples } from "#tfx/data/examples.ts";
import { readSchemaFile } from "#tfx/schema/schema-file.ts";
import { analyze } from "#tfx/transform/analyze.ts";
import { ops, type Tensor, type TransformInputs, tft } from "#tfx/transform/index.ts";
import { featureSpecsOf } from "#tfx/transform/schema-features.ts";
import { traceFunction } from "#tfx/transform/trace.ts";
import { TransformFunction } from "#tfx/transform/transform-function.ts";
import { writeTransformGraph } from "#tfx/transform/transform-graph.ts";
import { TransformOutput } from "#tfx/transform/transform-output.ts";
import { Examples } from "#tfx/types/artifact-type.ts";
import { splitArtifact, temporaryFolder } from "../helpers/execution.ts";
import { goldPath, goldTest } from "../helpers/gold.ts";

const EQUAL_FILES = [
  "transform_fn/assets/vocab_compute_and_apply_vocabulary_vocabulary",
  "transform_fn/assets/vocab_compute_and_apply_vocabulary_1_vocabulary",
  "transformed_metadata/schema.pbtxt",
  "transformed_metadata/asset_map",
  "metadata/schema.pbtxt",
];

/** The preprocessing behind the golden data: the workshop's, with features of the shape [1]. */
function preprocessingFn(inputs: TransformInputs): Record<string, Tensor> {
  const filled = (key: string) => ops.sparseToDense(inputs[key]!, inputs[key]!.dtype === "string" ? "" : 0);
  const outputs: Record<string, Tensor> = {};
  for (const key of ["trip_miles", "fare", "trip_seconds"]) outputs[`${key}_xf`] = tft.scaleToZScore(filled(key));
  for (const key of ["payment_type", "company"]) {
    outputs[`${key}_xf`] = tft.computeAndApplyVocabulary(filled(key), { topK: 1000, numOovBuckets: 10 });
  }
  for (const key of ["pickup_latitude", "pickup_longitude", "dropoff_latitude", "dropoff_longitude"]) {
    outputs[`${key}_xf`] = tft.bucketize(filled(key), 10);
  }
  for (const key of ["hour", "day", "month"]) outputs[`trip_start_${key}_xf`] = filled(`trip_start_${key}`);
  for (const key of ["census_tract", "community_area"]) {
    outputs[`pickup_${key}_xf`] = filled(`pickup_${key}`);
    outputs[`dropoff_${key}_xf`] = filled(`dropoff_${key}`);
  }
  const [fare, tips] = [filled("fare"), filled("tips")];
  const isBigTip = ops.cast(ops.greater(tips, ops.multiply(fare, 0.2)), "int64");
  outputs.tips_xf = ops.where(ops.isNan(fare), 0, isBigTip);
  return outputs;
}

/** Each row as text, counted. */
async function countRows(batches: AsyncIterable<Batch>, names: readonly string[]): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for await (const { numRows, columns } of batches) {
    for (let row = 0; row < numRows; row++) {
      const cells = names.map((name) => {
        const { values, offsets } = columns.get(name)!;
        return Array.from(values.slice(offsets[row], offsets[row + 1]) as ArrayLike<unknown>).join(",");
      });
      const key = cells.join("|");
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return counts;
}

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0);
}

goldTest("the workshop's transform gives TFX's records, vocabularies and schemas, to the last bit", async (t) => {
  const raw = splitArtifact(Examples, goldPath("examples"), ["train", "eval"]);
  const gold = splitArtifact(Examples, goldPath("transformed_examples"), ["train", "eval"]);
  const schema = await readSchemaFile(goldPath("transform_graph", "metadata", "schema.pbtxt"));
  const traced = traceFunction("preprocessingFn", preprocessingFn, featureSpecsOf(schema));
  const { graph, vocabularies } = await analyze(traced, () => readExamples(raw, "train"));
  const folder = await temporaryFolder(t);
  await writeTransformGraph(folder, new TransformFunction(graph, vocabularies), schema);

  for (const file of EQUAL_FILES) {
    const written = await readFile(path.join(folder, file), "utf8");
    t.is(written, await readFile(goldPath("transform_graph", file), "utf8"), file);
  }
  const output = await TransformOutput.load(folder);
  t.is(output.vocabularySizeByName("vocab_compute_and_apply_vocabulary_vocabulary"), 6);
  t.is(output.vocabularySizeByName("vocab_compute_and_apply_vocabulary_1_vocabulary"), 53);
  t.is(output.numBucketsForTransformedFeature("company_xf"), 63);
  const names = Object.keys(output.transformedFeatureSpec());
  t.is(names.length, 17);
  for (const split of ["train", "eval"]) {
    const transformed = async function* () {
      for await (const batch of readExamples(raw, split)) yield output.transformBatch(batch);
    };
    const [ours, theirs] = [await countRows(transformed(), names), await countRows(readExamples(gold, split), names)];
    t.is(sum(ours), sum(theirs), split);
    t.deepEqual(
      [...ours.keys()].filter((row) => ours.get(row) !== theirs.get(row)),
      [],
      `${split}: rows that occur another number of times`,
    );
  }
});
