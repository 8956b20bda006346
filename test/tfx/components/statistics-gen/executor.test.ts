import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { execute as ingest } from "#tfx/components/csv-example-gen/executor.ts";
import type { Json } from "#tfx/components/executor.ts";
import { execute } from "#tfx/components/statistics-gen/executor.ts";
import {
  commonStatistics,
  type FeatureNameStatistics,
  featureName,
  readSplitStatistics,
} from "#tfx/statistics/statistics.ts";
import type { Artifact } from "#tfx/types/artifact.ts";
import { ExampleStatistics, Examples, Schema } from "#tfx/types/artifact-type.ts";
import { splitNames } from "#tfx/types/splits.ts";
import { executorContext, folderOf, outputArtifact, splitArtifact } from "../../helpers/execution.ts";
import { goldPath, goldTest, taxiData } from "../../helpers/gold.ts";

async function examplesOf(t: ExecutionContext, csv: string, properties: Record<string, Json> = {}): Promise<Artifact> {
  const examples = await outputArtifact(t, Examples);
  const inputBase = await folderOf(t, { "data.csv": csv });
  await ingest({}, { examples: [examples] }, { input_base: inputBase, ...properties }, await executorContext(t));
  return examples;
}

async function run(t: ExecutionContext, inputs: Record<string, Artifact[]>, properties: Record<string, Json> = {}) {
  const statistics = await outputArtifact(t, ExampleStatistics);
  await execute(inputs, { statistics: [statistics] }, properties, await executorContext(t));
  return statistics;
}

/** How far the numbers may lie apart, as a share: means are the same doubles or nearly, deviations were summed otherwise. */
const TOLERANCE = { mean: 1e-13, std_dev: 1e-6 } as const;

function assertClose(t: ExecutionContext, what: string, actual: number, expected: number, tolerance: number): void {
  t.true(Math.abs(actual - expected) <= tolerance * Math.abs(expected), `${what}: ${actual} is not ${expected}`);
}

function assertSame(t: ExecutionContext, actual: FeatureNameStatistics, expected: FeatureNameStatistics): void {
  const name = featureName(expected);
  t.is(actual.type ?? "INT", expected.type ?? "INT", name);
  const { num_values_histogram: _, presence_and_valency_stats: __, ...counts } = commonStatistics(expected);
  t.like(commonStatistics(actual), { ...counts, weighted_presence_and_valency_stats: [] }, name);
  if (expected.string_stats) {
    const { unique, top_values, avg_length, rank_histogram } = expected.string_stats;
    t.like(actual.string_stats, { unique, top_values, avg_length, rank_histogram } as never, name);
    return;
  }
  const [mine, theirs] = [actual.num_stats!, expected.num_stats!];
  t.deepEqual([mine.min, mine.max, mine.num_zeros], [theirs.min, theirs.max, theirs.num_zeros], name);
  if (theirs.mean !== undefined) assertClose(t, `${name} mean`, mine.mean!, theirs.mean, TOLERANCE.mean);
  if (theirs.std_dev !== undefined)
    assertClose(t, `${name} deviation`, mine.std_dev!, theirs.std_dev, TOLERANCE.std_dev);
  t.is(mine.histograms!.length, theirs.histograms!.length, name);
  const share = counts.tot_num_values === undefined ? 0 : Number(counts.tot_num_values) / 100;
  mine.histograms![0]?.buckets.forEach(({ low_value, high_value, sample_count }, index) => {
    const bucket = theirs.histograms![0]!.buckets[index]!;
    assertClose(t, `${name} low bound`, low_value ?? 0, bucket.low_value ?? 0, 1e-12);
    assertClose(t, `${name} high bound`, high_value ?? 0, bucket.high_value ?? 0, 1e-12);
    // TFX's counts come from a sketch that is off by at most one hundredth of the values at each bound.
    t.true(Math.abs((sample_count ?? 0) - (bucket.sample_count ?? 0)) <= 2 * share + 1, `${name} bucket ${index}`);
  });
}

goldTest("TFX's statistics come out, from Parquet and from TFRecords", async (t) => {
  const csv = await readFile(taxiData("simple.csv"), "utf8");
  const gold = splitArtifact(ExampleStatistics, goldPath("statistics"), ["train", "eval"]);
  for (const output_data_format of [15, 6]) {
    const statistics = await run(t, { examples: [await examplesOf(t, csv, { output_data_format })] });
    for (const split of ["train", "eval"]) {
      const [actual, expected] = [await readSplitStatistics(statistics, split), await readSplitStatistics(gold, split)];
      t.is(actual.num_examples, split === "train" ? 10036 : 4966);
      t.is(actual.num_examples, expected.num_examples);
      t.is(actual.features.length, expected.features.length);
      for (const feature of expected.features) {
        const mine = actual.features.find((candidate) => featureName(candidate) === featureName(feature));
        assertSame(t, mine!, feature);
      }
    }
  }
});

const SMALL = `n,s\n${Array.from({ length: 30 }, (_, index) => `${index},v${index % 3}`).join("\n")}\n`;

test("splits may be left out, and the artifact says which are there", async (t) => {
  const examples = await examplesOf(t, SMALL);
  for (const exclude_splits of [["eval"], '["eval"]']) {
    const statistics = await run(t, { examples: [examples] }, { exclude_splits });
    t.deepEqual(splitNames(statistics), ["train"]);
    t.is(statistics.properties.span, 0);
  }
  await t.throwsAsync(run(t, { examples: [examples] }, { exclude_splits: ["train", "eval"] }), {
    message: /No splits to compute statistics of/,
  });
});

test("integers that the schema calls categories have their values counted", async (t) => {
  const schema = await outputArtifact(t, Schema);
  await mkdir(schema.uri, { recursive: true });
  const text = 'feature { name: "n" type: INT int_domain { is_categorical: true } }';
  await writeFile(path.join(schema.uri, "schema.pbtxt"), text);
  const statistics = await run(t, { examples: [await examplesOf(t, SMALL)], schema: [schema] });
  const { features } = await readSplitStatistics(statistics, "train");
  const n = features.find((feature) => featureName(feature) === "n")!;
  t.is(n.type ?? "INT", "INT");
  t.truthy(n.string_stats);
});

const refused: readonly [Record<string, Json>, RegExp][] = [
  [{ stats_options_json: '{"weight_feature": "n"}' }, /weight_feature/],
  [{ sharded_stats_output: true }, /sharded_stats_output = true is not supported/],
  [{ sample_rate_by_split: '{"train": 0.5}' }, /sample_rate_by_split/],
  [{ exclude_splits: '{"train": 1}' }, /exclude_splits in execution properties needs to be a list/],
];

for (const [properties, message] of refused) {
  test(`${JSON.stringify(properties)} is refused`, async (t) => {
    await t.throwsAsync(run(t, { examples: [await examplesOf(t, SMALL)] }, properties), { message });
  });
}
