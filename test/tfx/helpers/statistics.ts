import type {
  CommonStatistics,
  DatasetFeatureStatistics,
  FeatureNameStatistics,
  Histogram,
} from "#tfx/statistics/statistics.ts";

/** The number of examples that these statistics are of. */
export const EXAMPLES = 10;

interface Options {
  readonly name?: string;
  readonly present?: number;
  readonly minValues?: number;
  readonly maxValues?: number;
  readonly invalid?: number;
  readonly nan?: number;
}

export function dataset(features: readonly FeatureNameStatistics[], examples = EXAMPLES): DatasetFeatureStatistics {
  return { num_examples: examples, features };
}

/** Statistics of an INT feature. */
export function integers(range: { readonly min?: number; readonly max?: number }, options: Options = {}) {
  return { ...common(options), type: "INT", num_stats: { common_stats: valency(options), ...range } } as const;
}

/** Statistics of a FLOAT feature. */
export function floats(range: { readonly min?: number; readonly max?: number }, options: Options = {}) {
  const histograms: Histogram[] = [{ num_nan: options.nan ?? 0, buckets: [] }];
  return {
    ...common(options),
    type: "FLOAT",
    num_stats: { common_stats: valency(options), ...range, histograms },
  } as const;
}

/** Statistics of a string feature, from how often each value occurs. */
export function strings(counts: Readonly<Record<string, number>>, options: Options = {}) {
  const entries = Object.entries(counts).sort(([, a], [, b]) => b - a);
  const total = entries.reduce((sum, [, count]) => sum + count, 0);
  return {
    ...common(options),
    type: "STRING",
    string_stats: {
      common_stats: { ...valency(options), tot_num_values: total },
      unique: entries.length,
      invalid_utf8_count: options.invalid ?? 0,
      rank_histogram: { buckets: entries.map(([label, sample_count]) => ({ label, sample_count })) },
    },
  } as const;
}

function common({ name = "x" }: Options) {
  return { path: { step: [name] } };
}

function valency({ present = EXAMPLES, minValues = 1, maxValues = 1 }: Options): CommonStatistics {
  return {
    num_non_missing: present,
    num_missing: EXAMPLES - present,
    min_num_values: minValues,
    max_num_values: Math.max(minValues, maxValues),
    tot_num_values: present,
  };
}
