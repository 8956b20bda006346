/** The options of the statistics, TFDV's `StatsOptions` as far as they are supported. */
export interface StatsOptions {
  readonly numTopValues: number;
  readonly numRankHistogramBuckets: number;
  readonly numValuesHistogramBuckets: number;
  readonly numHistogramBuckets: number;
  readonly numQuantilesHistogramBuckets: number;
  /** The features to look at; absent is all. */
  readonly featureAllowlist?: readonly string[];
}

/** TFDV's defaults. */
export const DEFAULT_STATS_OPTIONS: StatsOptions = {
  numTopValues: 20,
  numRankHistogramBuckets: 1000,
  numValuesHistogramBuckets: 10,
  numHistogramBuckets: 10,
  numQuantilesHistogramBuckets: 10,
};

const COUNTS: Readonly<Record<string, keyof StatsOptions>> = {
  num_top_values: "numTopValues",
  num_rank_histogram_buckets: "numRankHistogramBuckets",
  num_values_histogram_buckets: "numValuesHistogramBuckets",
  num_histogram_buckets: "numHistogramBuckets",
  num_quantiles_histogram_buckets: "numQuantilesHistogramBuckets",
};

/** Values of options that are not supported but say nothing new: TFDV writes all its defaults into the JSON. */
const NEUTRAL: Readonly<Record<string, unknown>> = {
  frequency_threshold: 1,
  weighted_frequency_threshold: 1,
  epsilon: 0.01,
  sample_rate: 1,
  add_default_generators: true,
};

/**
 * Reads `stats_options_json`, the JSON of a `StatsOptions` (a leading underscore in a name is TFDV's own).
 * @throws when it sets something that is not supported, naming it
 */
export function parseStatsOptions(json: string): StatsOptions {
  const given: unknown = JSON.parse(json);
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw new Error(`stats_options_json: expected a JSON object, got ${json}`);
  }
  const options: Record<string, unknown> = { ...DEFAULT_STATS_OPTIONS };
  for (const [key, value] of Object.entries(given)) {
    const name = key.replace(/^_+/, "");
    if (COUNTS[name]) options[COUNTS[name]] = positiveInteger(name, value);
    else if (name === "feature_allowlist")
      options.featureAllowlist = value === null ? undefined : stringList(name, value);
    else if (!isNeutral(name, value)) {
      throw new Error(`stats_options_json: ${name} = ${JSON.stringify(value)} is not supported`);
    }
  }
  return options as unknown as StatsOptions;
}

function isNeutral(name: string, value: unknown): boolean {
  return value === null || value === false || value === NEUTRAL[name] || (Array.isArray(value) && value.length === 0);
}

function positiveInteger(name: string, value: unknown): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 1) {
    throw new Error(`stats_options_json: expected a positive integer for ${name}, got ${JSON.stringify(value)}`);
  }
  return value;
}

function stringList(name: string, value: unknown): string[] {
  if (!Array.isArray(value) || !value.every((item) => typeof item === "string")) {
    throw new Error(`stats_options_json: expected a list of feature names for ${name}, got ${JSON.stringify(value)}`);
  }
  return value;
}
