import { mkdir } from "node:fs/promises";
import type { Batch, ColumnSpec } from "../../data/columns.ts";
import { withDuckDb } from "../../data/duckdb.ts";
import { exampleColumns, exampleFiles, readExamples } from "../../data/examples.ts";
import { ParquetSplitWriter, parquetColumns, parquetTable } from "../../data/parquet-examples.ts";
import { examplesFormat } from "../../data/payload-format.ts";
import type { Schema } from "../../schema/schema.ts";
import { computeStatistics } from "../../statistics/compute-statistics.ts";
import type { DatasetFeatureStatistics } from "../../statistics/statistics.ts";
import { DEFAULT_STATS_OPTIONS } from "../../statistics/stats-options.ts";
import type { Artifact } from "../../types/artifact.ts";

/**
 * The rows of some splits as Parquet files: those that the artifact has, or else copies of its records.
 * @param folder where copies go
 */
export async function parquetFiles(
  examples: Artifact,
  splits: readonly string[],
  folder: string,
  signal: AbortSignal,
): Promise<string[]> {
  if (examplesFormat(examples) === "FORMAT_PARQUET") {
    const files = await Promise.all(splits.map((split) => exampleFiles(examples, split)));
    return files.flat();
  }
  const columns = await exampleColumns(examples, splits[0]!, signal);
  const batches = async function* () {
    for (const split of splits)
      yield* readExamples(examples, split, { columns: columns.map(({ name }) => name), signal });
  };
  return copyToParquet(batches(), columns, folder);
}

/** Writes batches as Parquet files into a new folder. */
export async function copyToParquet(
  batches: AsyncIterable<Batch>,
  columns: readonly ColumnSpec[],
  folder: string,
): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const writer = new ParquetSplitWriter(folder, "records", columns);
  for await (const batch of batches) await writer.write(batch);
  return writer.close();
}

/** Statistics of the rows of Parquet files; the schema says which integers are categories. */
export async function describeFiles(
  files: readonly string[],
  schema: Schema,
  signal: AbortSignal,
): Promise<DatasetFeatureStatistics> {
  const categories = new Set(
    (schema.feature ?? []).filter(({ int_domain }) => int_domain?.is_categorical).map(({ name }) => name),
  );
  const input = {
    table: parquetTable(files),
    columns: await parquetColumns(files),
    isCategorical: (feature: string) => categories.has(feature),
  };
  return withDuckDb((sql) => computeStatistics(sql, input, DEFAULT_STATS_OPTIONS), signal);
}
