import test from "ava";
import { completeEvalConfig } from "#tfx/model_analysis/complete-eval-config.ts";
import { configuredMetrics } from "#tfx/model_analysis/configured-metrics.ts";
import type { EvalConfig, MetricThreshold, SlicingSpec } from "#tfx/model_analysis/eval-config.ts";
import type { SliceMetrics } from "#tfx/model_analysis/evaluate-slices.ts";
import type { SliceKey } from "#tfx/model_analysis/slice-key.ts";
import { validateMetrics } from "#tfx/model_analysis/validate-metrics.ts";

const OVERALL: SliceKey = [];
const hour = (value: number): SliceKey => [{ column: "trip_start_hour", value, type: "INT" }];

function configOf(threshold: MetricThreshold, slices?: readonly SlicingSpec[]): EvalConfig {
  const perSlice = slices && { perSliceThresholds: [{ slicingSpecs: slices, threshold }] };
  return { metricsSpecs: [{ metrics: [{ className: "BinaryAccuracy", ...(perSlice ?? { threshold }) }] }] };
}

function validate(config: EvalConfig, slices: readonly (readonly [SliceKey, number, number?])[], hasBaseline = false) {
  const complete = completeEvalConfig(config, hasBaseline);
  const metrics = configuredMetrics(complete.metricsSpecs ?? []);
  const name = "binary_accuracy";
  const results = slices.map(([sliceKey, candidate, baseline]): SliceMetrics => {
    const own = { key: { name, modelName: complete.candidate.name, isDiff: false }, value: candidate };
    if (baseline === undefined) return { sliceKey, metrics: [own] };
    return {
      sliceKey,
      metrics: [
        own,
        { key: { name, modelName: "baseline", isDiff: false }, value: baseline },
        { key: { name, modelName: "candidate", isDiff: true }, value: candidate - baseline },
      ],
    };
  });
  return validateMetrics(complete, metrics, results);
}

for (const [bound, value, ok] of [
  [{ lowerBound: 0.5 }, 0.5, true],
  [{ lowerBound: 0.5 }, 0.4999, false],
  [{ upperBound: 0.5 }, 0.5, true],
  [{ upperBound: 0.5 }, 0.5001, false],
  [{ lowerBound: 0.1, upperBound: 0.2 }, 0.15, true],
  [{ lowerBound: 0 }, Number.NaN, false],
  [{}, Number.NaN, false],
] as const) {
  test(`${value} ${ok ? "meets" : "misses"} the bounds ${JSON.stringify(bound)}`, (t) => {
    t.is(validate(configOf({ valueThreshold: bound }), [[OVERALL, value]]).validationOk, ok);
  });
}

for (const [threshold, candidate, baseline, ok] of [
  [{ direction: "HIGHER_IS_BETTER", absolute: -1e-10 }, 0.9, 0.9, true],
  [{ direction: "HIGHER_IS_BETTER", absolute: -1e-10 }, 0.89, 0.9, false],
  [{ direction: "HIGHER_IS_BETTER", absolute: 0.1 }, 0.95, 0.9, false],
  [{ direction: "LOWER_IS_BETTER", absolute: 0 }, 0.8, 0.9, true],
  [{ direction: "LOWER_IS_BETTER", absolute: 0 }, 0.91, 0.9, false],
  [{ direction: "HIGHER_IS_BETTER", relative: 0.1 }, 0.5, 0.4, true],
  [{ direction: "HIGHER_IS_BETTER", relative: 0.3 }, 0.5, 0.4, false],
  // There is nothing to divide by, and what is not a number never meets a bound.
  [{ direction: "HIGHER_IS_BETTER", absolute: -1 }, 0.5, 0, false],
] as const) {
  test(`${candidate} after ${baseline} ${ok ? "meets" : "misses"} ${JSON.stringify(threshold)}`, (t) => {
    const result = validate(configOf({ changeThreshold: threshold }), [[OVERALL, candidate, baseline]], true);
    t.is(result.validationOk, ok);
  });
}

test("a threshold without slices holds for every slice there is", (t) => {
  const result = validate(configOf({ valueThreshold: { lowerBound: 0.5 } }), [
    [OVERALL, 0.9],
    [hour(3), 0.4],
    [hour(4), 0.6],
  ]);
  t.false(result.validationOk);
  t.deepEqual(
    result.failuresPerSlice.map(({ sliceKey, failures }) => [sliceKey, failures.map(({ value }) => value)]),
    [[hour(3), [0.4]]],
  );
  t.deepEqual(result.slicingDetails, [{ slicingSpec: {}, numMatchingSlices: 3 }]);
});

test("a threshold for some slices leaves the others alone", (t) => {
  const config = configOf({ valueThreshold: { lowerBound: 0.5 } }, [{ featureValues: { trip_start_hour: "4" } }]);
  t.true(
    validate(config, [
      [OVERALL, 0.1],
      [hour(3), 0.1],
      [hour(4), 0.6],
    ]).validationOk,
  );
});

test("an empty spec means the overall slice", (t) => {
  const config = configOf({ valueThreshold: { lowerBound: 0.5 } }, [{}]);
  t.true(
    validate(config, [
      [OVERALL, 0.6],
      [hour(3), 0.1],
    ]).validationOk,
  );
});

test("a spec that no slice belongs to fails, and is named", (t) => {
  const spec = { featureKeys: ["company"] };
  const result = validate(configOf({ valueThreshold: { lowerBound: 0 } }, [spec]), [[OVERALL, 0.6]]);
  t.false(result.validationOk);
  t.deepEqual(result.missingSlices, [spec]);
});

test("a metric that is not there fails", (t) => {
  const complete = completeEvalConfig(configOf({ valueThreshold: { lowerBound: 0 } }), false);
  const metrics = configuredMetrics(complete.metricsSpecs ?? []);
  const result = validateMetrics(complete, metrics, [{ sliceKey: OVERALL, metrics: [], error: "too few" }]);
  t.is(result.failuresPerSlice[0]?.failures[0]?.message, "Metric not found.");
  t.false(result.validationOk);
});

test("no examples at all is not a pass", (t) => {
  t.false(validate(configOf({ valueThreshold: { lowerBound: 0 } }), []).validationOk);
});

test("without a threshold nothing is validated, and that is not a pass either", (t) => {
  const result = validate({ metricsSpecs: [{ metrics: [{ className: "BinaryAccuracy" }] }] }, [[OVERALL, 1]]);
  t.true(result.missingThresholds);
  t.false(result.validationOk);
});

test("without a baseline its thresholds go, which is noted as a rubber stamp", (t) => {
  const threshold = {
    valueThreshold: { lowerBound: 0.5 },
    changeThreshold: { direction: "HIGHER_IS_BETTER" as const, absolute: 0 },
  };
  const result = validate(configOf(threshold), [[OVERALL, 0.6]]);
  t.true(result.validationOk);
  t.true(result.rubberStamp);
  t.false(validate(configOf(threshold), [[OVERALL, 0.6, 0.7]], true).validationOk);
});

test("a threshold by name computes the metric that is not configured", (t) => {
  const config = { metricsSpecs: [{ thresholds: { binary_accuracy: { valueThreshold: { lowerBound: 0.7 } } } }] };
  t.false(validate(config, [[OVERALL, 0.6]]).validationOk);
  t.true(validate(config, [[OVERALL, 0.7]]).validationOk);
});

for (const [title, config, hasBaseline, message] of [
  ["three models", { modelSpecs: [{ name: "a" }, { name: "b" }, { name: "c" }] }, true, /more than two models/],
  ["two models of one name", { modelSpecs: [{ name: "a" }, { name: "a", isBaseline: true }] }, true, /different names/],
  [
    "two baselines",
    {
      modelSpecs: [
        { name: "a", isBaseline: true },
        { name: "b", isBaseline: true },
      ],
    },
    true,
    /exactly one/,
  ],
] as const) {
  test(`${title} are refused`, (t) => {
    t.throws(() => completeEvalConfig(config, hasBaseline), { message });
  });
}

test("two metrics of one name are refused", (t) => {
  const metrics = [{ className: "AUC" }, { className: "AUC", config: '{"curve": "PR"}' }];
  t.throws(() => configuredMetrics([{ metrics }]), { message: /Two metrics are called "auc"/ });
});
