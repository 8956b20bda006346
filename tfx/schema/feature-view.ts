import { compareUtf8 } from "../protos/message-type.ts";
import {
  commonStatistics,
  type DatasetFeatureStatistics,
  type FeatureNameStatistics,
  featureName,
  type NumericStatistics,
  type StatisticsType,
} from "../statistics/statistics.ts";
import type { FeatureType } from "./schema.ts";

/** What schema inference and validation ask of one feature's statistics. */
export interface FeatureView {
  readonly name: string;
  readonly type: StatisticsType;
  /** The schema type that the statistics' type stands for. */
  readonly featureType: FeatureType;
  readonly numPresent: number;
  readonly numMissing: number;
  readonly numExamples: number;
  readonly minNumValues: number;
  readonly maxNumValues: number;
  readonly totalNumValues: number;
  readonly numbers?: NumericStatistics;
  /** The known string values and how often each occurs, in the order of their UTF-8 bytes. */
  readonly stringValues: ReadonlyMap<string, number>;
  /** Absent where unique values were not counted. */
  readonly numUnique?: number;
  readonly hasInvalidUtf8: boolean;
}

const FEATURE_TYPES: Record<StatisticsType, FeatureType> = {
  INT: "INT",
  FLOAT: "FLOAT",
  STRING: "BYTES",
  BYTES: "BYTES",
  STRUCT: "STRUCT",
};

/** The features of a data set: strings first, each group by name, the order of TFDV's own files. */
export function featureViews(statistics: DatasetFeatureStatistics): FeatureView[] {
  const numExamples = Number(statistics.num_examples ?? 0);
  const rank = (view: FeatureView) => (view.type === "STRING" ? 0 : 1);
  return statistics.features
    .map((feature) => featureView(feature, numExamples))
    .sort((a, b) => rank(a) - rank(b) || compareUtf8(a.name, b.name));
}

function featureView(feature: FeatureNameStatistics, numExamples: number): FeatureView {
  const type = feature.type ?? "INT";
  const common = commonStatistics(feature);
  const numPresent = Number(common.num_non_missing ?? 0);
  const unique = feature.string_stats?.unique ?? feature.bytes_stats?.unique;
  return {
    name: featureName(feature),
    type,
    featureType: FEATURE_TYPES[type],
    numPresent,
    numMissing: numExamples - numPresent,
    numExamples,
    minNumValues: Number(common.min_num_values ?? 0),
    maxNumValues: Number(common.max_num_values ?? 0),
    totalNumValues: Number(common.tot_num_values ?? 0),
    ...(feature.num_stats && { numbers: feature.num_stats }),
    stringValues: stringValues(feature),
    ...((feature.string_stats || feature.bytes_stats) && { numUnique: Number(unique ?? 0) }),
    hasInvalidUtf8: Number(feature.string_stats?.invalid_utf8_count ?? 0) > 0,
  };
}

function stringValues(feature: FeatureNameStatistics): ReadonlyMap<string, number> {
  const buckets = feature.string_stats?.rank_histogram?.buckets ?? [];
  const counts = buckets.map(({ label = "", sample_count = 0 }): [string, number] => [label, sample_count]);
  return new Map(counts.sort(([a], [b]) => compareUtf8(a, b)));
}
