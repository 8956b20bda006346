import { mkdir } from "node:fs/promises";
import path from "node:path";
import type { ColumnSpec } from "../../data/columns.ts";
import { withDuckDb } from "../../data/duckdb.ts";
import { exampleColumns, exampleFiles, readExamples } from "../../data/examples.ts";
import { ParquetSplitWriter, parquetTable } from "../../data/parquet-examples.ts";
import { examplesFormat } from "../../data/payload-format.ts";
import { readSchema } from "../../schema/schema-file.ts";
import { computeStatistics } from "../../statistics/compute-statistics.ts";
import { writeSplitStatistics } from "../../statistics/statistics.ts";
import { DEFAULT_STATS_OPTIONS, parseStatsOptions } from "../../statistics/stats-options.ts";
import { type Artifact, optionalArtifact, singleArtifact } from "../../types/artifact.ts";
import { encodeSplitNames, splitNames, splitUri } from "../../types/splits.ts";
import { excludedSplits } from "../exclude-splits.ts";
import type { Execute, ExecutorContext } from "../executor.ts";

/** Computes statistics over each split of the examples. */
export const execute: Execute = async (inputs, outputs, execProperties, context) => {
  const examples = singleArtifact(inputs, "examples");
  const statistics = singleArtifact(outputs, "statistics");
  refuseUnsupported(execProperties);
  const optionsJson = execProperties.stats_options_json;
  const options =
    typeof optionsJson === "string" && optionsJson !== "" ? parseStatsOptions(optionsJson) : DEFAULT_STATS_OPTIONS;
  const isCategorical = await categoricalFeatures(optionalArtifact(inputs, "schema"));

  const excluded = excludedSplits(execProperties.exclude_splits);
  const splits = splitNames(examples).filter((split) => !excluded.includes(split));
  if (splits.length === 0) throw new Error(`No splits to compute statistics of in ${examples.uri}`);
  statistics.properties.split_names = encodeSplitNames(splits);
  statistics.properties.span = examples.properties.span ?? 0;
  statistics.customProperties.stats_dashboard_link = "";

  for (const split of splits) {
    await mkdir(splitUri(statistics, split), { recursive: true });
    const columns = await exampleColumns(examples, split, context.signal);
    const table = parquetTable(await parquetFiles(examples, split, columns, context));
    const computed = await withDuckDb(
      (sql) => computeStatistics(sql, { table, columns, isCategorical }, options),
      context.signal,
    );
    await writeSplitStatistics(statistics, split, computed);
    context.log(
      `Split ${split}: statistics of ${computed.features.length} features over ${computed.num_examples} examples`,
    );
  }
};

function refuseUnsupported(execProperties: Readonly<Record<string, unknown>>): void {
  for (const key of ["sharded_stats_output", "sample_rate_by_split"]) {
    const value = execProperties[key];
    const neutral =
      value === undefined || value === null || value === false || value === 0 || value === "" || value === "null";
    if (!neutral) throw new Error(`${key} = ${JSON.stringify(value)} is not supported`);
  }
}

async function categoricalFeatures(schema: Artifact | undefined): Promise<(feature: string) => boolean> {
  if (!schema) return () => false;
  const { feature: features = [] } = await readSchema(schema);
  const names = new Set(
    features.filter((feature) => feature.int_domain?.is_categorical).map((feature) => feature.name),
  );
  return (feature) => names.has(feature);
}

/** The split's rows as Parquet files: those it has, or ones made of its records for the time of the execution. */
async function parquetFiles(
  examples: Artifact,
  split: string,
  columns: readonly ColumnSpec[],
  context: ExecutorContext,
): Promise<string[]> {
  if (examplesFormat(examples) === "FORMAT_PARQUET") return exampleFiles(examples, split);
  const folder = path.join(context.temporaryDirectory, `Split-${split}`);
  await mkdir(folder, { recursive: true });
  const writer = new ParquetSplitWriter(folder, "records", columns);
  for await (const batch of readExamples(examples, split, { signal: context.signal })) await writer.write(batch);
  return writer.close();
}
