import test from "ava";
import { type EvalConfig, evalConfigProperty, parseEvalConfig } from "#tfx/model_analysis/eval-config.ts";

const CONFIG: EvalConfig = {
  modelSpecs: [{ labelKey: "tips", preprocessingFunctionNames: ["transform_features"] }],
  slicingSpecs: [{}, { featureKeys: ["trip_start_hour"], featureValues: { someFeature: "aValue" } }],
  metricsSpecs: [
    {
      metrics: [{ className: "BinaryAccuracy", threshold: { valueThreshold: { lowerBound: 0 } } }],
      thresholds: { camelName: { changeThreshold: { direction: "LOWER_IS_BETTER", absolute: 1 } } },
    },
  ],
};

test("a config is recorded in the field names of TFMA's proto, keys of maps as they are", (t) => {
  t.deepEqual(evalConfigProperty(CONFIG), {
    model_specs: [{ label_key: "tips", preprocessing_function_names: ["transform_features"] }],
    slicing_specs: [{}, { feature_keys: ["trip_start_hour"], feature_values: { someFeature: "aValue" } }],
    metrics_specs: [
      {
        metrics: [{ class_name: "BinaryAccuracy", threshold: { value_threshold: { lower_bound: 0 } } }],
        thresholds: { camelName: { change_threshold: { direction: "LOWER_IS_BETTER", absolute: 1 } } },
      },
    ],
  });
});

test("what was recorded reads back as it was written", (t) => {
  t.deepEqual(parseEvalConfig(evalConfigProperty(CONFIG)), CONFIG);
});

for (const [config, message] of [
  [
    { modelSpec: [] },
    "evalConfig.modelSpec is not supported; evalConfig takes modelSpecs, slicingSpecs, metricsSpecs, options",
  ],
  [{ modelSpecs: [{ labelKey: 3 }] }, "evalConfig.modelSpecs[0].labelKey should be a string, got 3"],
  [{ slicingSpecs: {} }, "evalConfig.slicingSpecs should be a list, got {}"],
  [
    { metricsSpecs: [{ metrics: [{ className: "AUC", threshold: { changeThreshold: { direction: "UP" } } }] }] },
    'evalConfig.metricsSpecs[0].metrics[0].threshold.changeThreshold.direction should be one of LOWER_IS_BETTER, HIGHER_IS_BETTER, got "UP"',
  ],
  ["metrics", 'evalConfig should be an object, got "metrics"'],
] as const) {
  test(`${JSON.stringify(config)} is refused with the field's path`, (t) => {
    t.throws(() => parseEvalConfig(config), { instanceOf: TypeError, message });
  });
}

test("parts of TFMA's config that are not supported are named", (t) => {
  t.throws(() => parseEvalConfig({ metricsSpecs: [{ binarize: { class_ids: { values: [1] } } }] }), {
    message: /^evalConfig.metricsSpecs\[0\].binarize is not supported/,
  });
});
