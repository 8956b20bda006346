import test, { type ExecutionContext } from "ava";
import { batchOf, ColumnBuilder, type ColumnType, type ColumnValue } from "#tfx/data/columns.ts";
import { withDuckDb } from "#tfx/data/duckdb.ts";
import { ParquetSplitWriter, parquetTable } from "#tfx/data/parquet-examples.ts";
import { computeStatistics } from "#tfx/statistics/compute-statistics.ts";
import { DEFAULT_STATS_OPTIONS } from "#tfx/statistics/stats-options.ts";
import { temporaryFolder } from "../helpers/execution.ts";

type Cell = readonly ColumnValue[] | undefined;

/** The statistics of one feature `x` with the given rows; undefined is a missing one. */
async function statisticsOf(t: ExecutionContext, type: ColumnType, cells: readonly Cell[], isCategorical = false) {
  const spec = { name: "x", type };
  const builder = new ColumnBuilder(spec);
  for (const cell of cells) {
    if (!cell) {
      builder.addMissing();
      continue;
    }
    for (const value of cell) builder.addValue(value);
    builder.endRow();
  }
  const writer = new ParquetSplitWriter(await temporaryFolder(t), "rows", [spec]);
  await writer.write(batchOf([builder.build()]));
  const table = parquetTable(await writer.close());
  const input = { table, columns: [spec], isCategorical: () => isCategorical };
  const { features } = await withDuckDb((sql) => computeStatistics(sql, input, DEFAULT_STATS_OPTIONS));
  return features[0]!;
}

test("numbers: moments of the population, zeros, bounds, equal-width and quantile histograms", async (t) => {
  const values = [0, 0, 1, 2, 3, 4, 5, 6, 7, 10];
  const { type, num_stats } = await statisticsOf(
    t,
    "INT",
    values.map((value) => [value]),
  );
  t.is(type, "INT");
  t.like(num_stats, { mean: 3.8, num_zeros: 2, min: 0, max: 10, median: 3 });
  t.true(Math.abs(num_stats!.std_dev! - Math.sqrt(9.56)) < 1e-12);
  const [standard, quantiles] = num_stats!.histograms!;
  t.deepEqual(
    standard!.buckets.map(({ low_value, high_value, sample_count }) => [low_value, high_value, sample_count]),
    [2, 1, 1, 1, 1, 1, 1, 1, 0, 1].map((count, index) => [index, index + 1, count]),
  );
  t.deepEqual(
    quantiles!.buckets.map(({ high_value }) => high_value),
    [0, 0, 1, 2, 3, 4, 5, 6, 7, 10],
  );
  t.true(quantiles!.buckets.every(({ sample_count }) => sample_count === 1));
});

test("presence: missing, present without a value and several values are told apart", async (t) => {
  const { num_stats } = await statisticsOf(t, "FLOAT", [[1], [2, 3, 4], [], undefined]);
  t.like(num_stats!.common_stats, {
    num_non_missing: 3,
    num_missing: 1,
    min_num_values: 0,
    max_num_values: 3,
    tot_num_values: 4,
    avg_num_values: 4 / 3,
    presence_and_valency_stats: [
      { num_non_missing: 3, num_missing: 1, min_num_values: 0, max_num_values: 3, tot_num_values: 4 },
    ],
  });
  t.is(num_stats!.common_stats!.num_values_histogram!.buckets.length, 10);
});

test("NaN is counted beside the histograms and left out of everything else", async (t) => {
  const { num_stats } = await statisticsOf(t, "FLOAT", [[1], [Number.NaN], [3]]);
  t.like(num_stats, { mean: 2, std_dev: 1, min: 1, max: 3 });
  t.deepEqual(
    num_stats!.histograms!.map(({ num_nan }) => num_nan),
    [1, 1],
  );
});

test("a feature of only NaN has no buckets", async (t) => {
  const { num_stats } = await statisticsOf(t, "FLOAT", [[Number.NaN]]);
  t.deepEqual(num_stats!.histograms, [{ num_nan: 1, buckets: [], type: "STANDARD" }]);
});

test("infinities reach into the outer buckets", async (t) => {
  const { num_stats } = await statisticsOf(t, "FLOAT", [[-Infinity], [0], [10], [Infinity]]);
  t.like(num_stats, { min: -Infinity, max: Infinity, mean: Number.NaN });
  const { buckets } = num_stats!.histograms![0]!;
  t.deepEqual(buckets[0], { low_value: -Infinity, high_value: 1, sample_count: 2 });
  t.deepEqual(buckets[9], { low_value: 9, high_value: Infinity, sample_count: 2 });
});

test("the same value everywhere makes a histogram of one bucket", async (t) => {
  const { num_stats } = await statisticsOf(t, "INT", [[7], [7]]);
  t.deepEqual(num_stats!.histograms![0]!.buckets, [{ low_value: 7, high_value: 7, sample_count: 2 }]);
});

test("strings: the most frequent first, of equally frequent ones the larger first", async (t) => {
  const { type, string_stats } = await statisticsOf(t, "BYTES", [["b"], ["a", "ü"], ["c", "c"], []]);
  t.is(type, "STRING");
  t.like(string_stats, { unique: 4, avg_length: 6 / 5, invalid_utf8_count: 0 });
  t.deepEqual(string_stats!.top_values, [
    { value: "c", frequency: 2 },
    { value: "ü", frequency: 1 },
    { value: "b", frequency: 1 },
    { value: "a", frequency: 1 },
  ]);
  t.deepEqual(string_stats!.rank_histogram!.buckets[1], { low_rank: 1, high_rank: 1, label: "ü", sample_count: 1 });
});

test("bytes that are no UTF-8, and large values, are shown by placeholders", async (t) => {
  const cells = [[Uint8Array.of(0xff)], [Uint8Array.of(0xfe)], ["x".repeat(1025)]];
  const { string_stats } = await statisticsOf(t, "BYTES", cells);
  t.like(string_stats, { unique: 3, invalid_utf8_count: 2 });
  t.deepEqual(
    string_stats!.top_values!.map(({ value, frequency }) => [value, frequency]),
    [
      ["__BYTES_VALUE__", 2],
      ["__LARGE_BYTES__", 1],
    ],
  );
});

test("integers that are categories have their values counted", async (t) => {
  const { type, num_stats, string_stats } = await statisticsOf(t, "INT", [[10], [10], [2]], true);
  t.is(type, "INT");
  t.is(num_stats, undefined);
  t.like(string_stats, { unique: 2, avg_length: 5 / 3 });
  t.deepEqual(string_stats!.top_values![0], { value: "10", frequency: 2 });
});

test("a feature that is always missing is a string without values", async (t) => {
  const feature = await statisticsOf(t, "INT", [undefined, undefined]);
  t.deepEqual(feature, {
    path: { step: ["x"] },
    type: "STRING",
    string_stats: {
      common_stats: { num_non_missing: 0, num_missing: 2, min_num_values: 0, max_num_values: 0, tot_num_values: 0 },
    },
  });
});

test("a feature that is present but never has a value keeps its type", async (t) => {
  const { type, num_stats } = await statisticsOf(t, "INT", [[], []]);
  t.is(type, "INT");
  t.deepEqual(Object.keys(num_stats!), ["common_stats"]);
});
