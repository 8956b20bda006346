import test from "ava";
import type { LabeledPredictions } from "#tfx/model_analysis/metrics/metric.ts";
import { createMetric, createMetricByName, METRICS } from "#tfx/model_analysis/metrics/registry.ts";

function examples(labels: number[], predictions: number[], weights = labels.map(() => 1)): LabeledPredictions {
  const [a, b, c] = [labels, predictions, weights].map((values) => Float64Array.from(values));
  return { labels: a!, predictions: b!, weights: c! };
}

// At 0.5: two true positives, one false negative, one false positive, two true negatives.
const SIX = examples([1, 1, 1, 0, 0, 0], [0.9, 0.8, 0.3, 0.6, 0.5, 0.1]);

const AT_HALF: readonly (readonly [string, number])[] = [
  ["ExampleCount", 6],
  ["WeightedExampleCount", 6],
  ["TruePositives", 2],
  ["TrueNegatives", 2],
  ["FalsePositives", 1],
  ["FalseNegatives", 1],
  ["BinaryAccuracy", 4 / 6],
  ["Precision", 2 / 3],
  ["Recall", 2 / 3],
  ["Specificity", 2 / 3],
  ["FallOut", 1 / 3],
  ["MissRate", 1 / 3],
  ["NegativePredictiveValue", 2 / 3],
  ["FalseDiscoveryRate", 1 / 3],
  ["FalseOmissionRate", 1 / 3],
  ["Prevalence", 1 / 2],
  ["PredictedPositiveRate", 1 / 2],
  ["ThreatScore", 2 / 4],
  ["BalancedAccuracy", 2 / 3],
  ["F1Score", 2 / 3],
  ["MatthewsCorrelationCoefficient", 1 / 3],
  ["FowlkesMallowsIndex", 2 / 3],
  ["Informedness", 1 / 3],
  ["Markedness", 1 / 3],
  ["PositiveLikelihoodRatio", 2],
  ["NegativeLikelihoodRatio", 1 / 2],
  ["MeanLabel", 1 / 2],
  ["MeanPrediction", 3.2 / 6],
  ["Calibration", 3.2 / 3],
  ["MeanAbsoluteError", (0.1 + 0.2 + 0.7 + 0.6 + 0.5 + 0.1) / 6],
  ["MeanSquaredError", (0.01 + 0.04 + 0.49 + 0.36 + 0.25 + 0.01) / 6],
  ["CoefficientOfDiscrimination", 2 / 3 - 0.4],
  ["RelativeCoefficientOfDiscrimination", 2 / 3 / 0.4],
  [
    "BinaryCrossEntropy",
    -(Math.log(0.9) + Math.log(0.8) + Math.log(0.3) + Math.log(0.4) + Math.log(0.5) + Math.log(0.9)) / 6,
  ],
];

for (const [className, expected] of AT_HALF) {
  test(`${className} of six examples is what a count by hand gives`, (t) => {
    const value = createMetric(className).compute(SIX);
    t.true(typeof value === "number" && Math.abs(value - expected) < 1e-12, `${String(value)}, not ${expected}`);
  });
}

test("weights count an example as many times", (t) => {
  const weighted = examples([1, 0, 0], [0.9, 0.9, 0.1], [2, 1, 3]);
  t.is(createMetric("BinaryAccuracy").compute(weighted), 5 / 6);
  t.is(createMetric("MeanLabel").compute(weighted), 2 / 6);
  t.is(createMetric("ExampleCount").compute(weighted), 3);
  t.is(createMetric("WeightedExampleCount").compute(weighted), 6);
});

test("a label between 0 and 1 counts as both, by its share", (t) => {
  const value = createMetric("BinaryAccuracy").compute(examples([0.25], [0.9]));
  t.is(value, 0.25);
});

test("a label outside of 0 to 1 is an error, since dollars are no classes", (t) => {
  t.throws(() => createMetric("BinaryAccuracy").compute(examples([3.5], [0.9])), { message: /from 0 to 1, got 3.5/ });
});

test("a quotient without anything to divide by is NaN", (t) => {
  t.is(createMetric("Recall").compute(examples([0], [0.9])), Number.NaN);
  t.is(createMetric("Precision").compute(examples([1], [0.1])), Number.NaN);
});

test("several thresholds give a value each, and the matrices are available", (t) => {
  t.deepEqual(createMetric("TruePositives", '{"thresholds": [0.2, 0.85]}').compute(SIX), [3, 1]);
  t.deepEqual(createMetric("ConfusionMatrixAtThresholds", '{"thresholds": [0.55]}').compute(SIX), {
    matrices: [{ threshold: 0.55, tp: 2, tn: 2, fp: 1, fn: 1 }],
  });
});

/** 1000 weighted examples whose predictions lie inside of TFMA's buckets; expected values are Keras's. */
function keras(): LabeledPredictions {
  let state = 1;
  const random = (): number => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
  const labels = Array.from({ length: 1000 }, () => (random() < 0.3 ? 1 : 0));
  const predictions = labels.map(
    (label) => Math.min(999, Math.max(0, Math.floor((random() * 0.7 + label * 0.25) * 1000))) / 1000 + 0.0003,
  );
  return examples(
    labels,
    predictions,
    labels.map(() => Math.floor(random() * 3) + 1),
  );
}

for (const [curve, method, expected] of [
  ["ROC", "interpolation", 0.8110602498054504],
  ["ROC", "minoring", 0.8090320825576782],
  ["ROC", "majoring", 0.8130884170532227],
  ["PR", "interpolation", 0.7287460565567017],
  ["PR", "minoring", 0.7117528915405273],
  ["PR", "majoring", 0.7308796048164368],
] as const) {
  test(`the area under the ${curve} curve by ${method} is Keras's`, (t) => {
    const config = JSON.stringify({ curve, summation_method: method, num_thresholds: 200 });
    const value = createMetric("AUC", config).compute(keras());
    t.true(typeof value === "number" && Math.abs(value - expected) < 1e-6, `${String(value)}, not ${expected}`);
  });
}

test("perfect predictions have an area of 1 under both curves", (t) => {
  const perfect = examples([1, 1, 0, 0], [1, 1, 0, 0]);
  t.is(createMetric("AUC").compute(perfect), 1);
  t.is(createMetric("AUCPrecisionRecall").compute(perfect), 1);
});

test("a metric's name comes from its options, else it is TFMA's", (t) => {
  t.is(createMetric("AUC", '{"name": "area"}').name, "area");
  t.is(createMetric("AUC", '"curve": "PR"').name, "auc");
  t.is(createMetricByName("binary_accuracy").name, "binary_accuracy");
  const names = Object.values(METRICS).map(({ defaultName }) => defaultName);
  t.is(new Set(names).size, names.length);
});

for (const [what, make, message] of [
  ["a metric", () => createMetric("Accuracy"), /no metric "Accuracy"; there are ExampleCount/],
  ["an option", () => createMetric("AUC", '{"top_k": 3}'), /AUC does not take the option "top_k"/],
  ["a word", () => createMetric("AUC", '{"curve": "XY"}'), /AUC: curve should be one of ROC, PR, got "XY"/],
  ["a name", () => createMetricByName("accuracy"), /"accuracy", which is neither configured nor a metric's name/],
  ["JSON", () => createMetric("AUC", "{curve}"), /config of the metric AUC is not JSON/],
] as const) {
  test(`${what} that is not known is refused before anything is computed`, (t) => {
    t.throws(make, { message });
  });
}
