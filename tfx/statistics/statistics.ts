import { readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { type Int64, messageType } from "../protos/message-type.ts";
import type { Path } from "../protos/path.ts";
import type { Artifact } from "../types/artifact.ts";
import { splitUri } from "../types/splits.ts";

/*
 * The messages of tensorflow_metadata's statistics.proto, as far as they are used. A field that is zero is absent
 * after reading, as proto3 has it.
 */

export interface DatasetFeatureStatisticsList {
  readonly datasets: readonly DatasetFeatureStatistics[];
}
export interface DatasetFeatureStatistics {
  /** Empty for the whole data set, else the slice's name. */
  readonly name?: string;
  readonly num_examples?: Int64;
  readonly weighted_num_examples?: number;
  readonly features: readonly FeatureNameStatistics[];
}
export type StatisticsType = "INT" | "FLOAT" | "STRING" | "BYTES" | "STRUCT";
export interface FeatureNameStatistics {
  /** Either `path`, or `name` in old files. */
  readonly name?: string;
  readonly path?: Path;
  /** Absent is INT. */
  readonly type?: StatisticsType;
  readonly num_stats?: NumericStatistics;
  readonly string_stats?: StringStatistics;
  readonly bytes_stats?: BytesStatistics;
  readonly struct_stats?: { readonly common_stats?: CommonStatistics };
  readonly custom_stats?: readonly { readonly name?: string; readonly num?: number }[];
}
export interface PresenceAndValencyStatistics {
  readonly num_non_missing?: Int64;
  readonly num_missing?: Int64;
  readonly min_num_values?: Int64;
  readonly max_num_values?: Int64;
  readonly tot_num_values?: Int64;
}
export interface CommonStatistics extends PresenceAndValencyStatistics {
  /** float32. */
  readonly avg_num_values?: number;
  readonly num_values_histogram?: Histogram;
  readonly presence_and_valency_stats?: readonly PresenceAndValencyStatistics[];
}
export interface NumericStatistics {
  readonly common_stats?: CommonStatistics;
  readonly mean?: number;
  /** Of the population. */
  readonly std_dev?: number;
  readonly num_zeros?: Int64;
  readonly min?: number;
  readonly median?: number;
  readonly max?: number;
  readonly histograms?: readonly Histogram[];
}
export interface StringStatistics {
  readonly common_stats?: CommonStatistics;
  readonly unique?: Int64;
  readonly top_values?: readonly { readonly value?: string; readonly frequency?: number }[];
  /** In bytes, float32. */
  readonly avg_length?: number;
  readonly rank_histogram?: { readonly buckets: readonly RankBucket[] };
  readonly invalid_utf8_count?: Int64;
}
export interface RankBucket {
  readonly low_rank?: Int64;
  readonly high_rank?: Int64;
  readonly label?: string;
  readonly sample_count?: number;
}
export interface BytesStatistics {
  readonly common_stats?: CommonStatistics;
  readonly unique?: Int64;
}
export interface Histogram {
  readonly num_nan?: Int64;
  readonly buckets: readonly {
    readonly low_value?: number;
    readonly high_value?: number;
    readonly sample_count?: number;
  }[];
  /** Absent is STANDARD. */
  readonly type?: "STANDARD" | "QUANTILES";
}

const FILE_NAME = "FeatureStats.pb";

function statisticsList() {
  return messageType<DatasetFeatureStatisticsList>(
    "tensorflow_metadata/proto/v0/statistics.proto",
    "tensorflow.metadata.v0.DatasetFeatureStatisticsList",
  );
}

/** The statistics of one split of an ExampleStatistics artifact; an error when they are of several slices. */
export async function readSplitStatistics(artifact: Artifact, split: string): Promise<DatasetFeatureStatistics> {
  const file = path.join(splitUri(artifact, split), FILE_NAME);
  const { datasets } = statisticsList().decode(await readFile(file));
  if (datasets.length !== 1)
    throw new Error(`${file}: expected the statistics of one data set, got ${datasets.length}`);
  return datasets[0]!;
}

/** Writes the statistics of one split into its folder, which must exist. */
export async function writeSplitStatistics(
  artifact: Artifact,
  split: string,
  statistics: DatasetFeatureStatistics,
): Promise<void> {
  await writeStatistics(splitUri(artifact, split), statistics);
}

/** Writes statistics as `FeatureStats.pb` into a folder, which must exist. */
export async function writeStatistics(folder: string, statistics: DatasetFeatureStatistics): Promise<void> {
  const file = path.join(folder, FILE_NAME);
  await writeFile(`${file}.partial`, statisticsList().encode({ datasets: [statistics] }));
  await rename(`${file}.partial`, file);
}

/** The feature's name; an error for one inside a struct. */
export function featureName(feature: FeatureNameStatistics): string {
  if (!feature.path) return feature.name ?? "";
  if (feature.path.step.length !== 1)
    throw new Error(`Feature ${feature.path.step.join(".")} lies in a struct, which is not supported`);
  return feature.path.step[0]!;
}

/** The part that every kind of statistics has. */
export function commonStatistics(feature: FeatureNameStatistics): CommonStatistics {
  const kind = feature.num_stats ?? feature.string_stats ?? feature.bytes_stats ?? feature.struct_stats;
  return kind?.common_stats ?? {};
}
