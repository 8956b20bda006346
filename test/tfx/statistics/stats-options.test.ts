import test from "ava";
import { DEFAULT_STATS_OPTIONS, parseStatsOptions } from "#tfx/statistics/stats-options.ts";

test("no option is TFDV's defaults, also when all defaults are written out", (t) => {
  t.deepEqual(parseStatsOptions("{}"), DEFAULT_STATS_OPTIONS);
  const written = {
    _num_top_values: 20,
    _frequency_threshold: 1,
    epsilon: 0.01,
    _sample_rate: null,
    infer_type_from_schema: false,
    _generators: [],
  };
  t.deepEqual(parseStatsOptions(JSON.stringify(written)), DEFAULT_STATS_OPTIONS);
});

test("counts of buckets and values, and the features to look at, are taken", (t) => {
  const options = parseStatsOptions(
    '{"num_top_values": 5, "_num_histogram_buckets": 4, "feature_allowlist": ["fare"]}',
  );
  t.like(options, { numTopValues: 5, numHistogramBuckets: 4, featureAllowlist: ["fare"] });
});

const refused: readonly [string, RegExp][] = [
  ['{"weight_feature": "tips"}', /weight_feature = "tips" is not supported/],
  ['{"sample_rate": 0.5}', /sample_rate = 0.5 is not supported/],
  ['{"slicing_config": {"slicing_specs": []}}', /slicing_config = .* is not supported/],
  ['{"num_top_values": 0}', /expected a positive integer for num_top_values, got 0/],
  ['{"feature_allowlist": "fare"}', /expected a list of feature names/],
  ["[]", /expected a JSON object/],
];

for (const [json, message] of refused) {
  test(`the options ${json} are refused`, (t) => {
    t.throws(() => parseStatsOptions(json), { message });
  });
}
