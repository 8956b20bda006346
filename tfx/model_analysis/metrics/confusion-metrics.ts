import { confusionMatrices } from "./confusion-matrices.ts";
import type { ConfusionMatrix, MetricDefinition, MetricOptions } from "./metric.ts";

type Formula = (matrix: ConfusionMatrix) => number;

/** A quotient that is NaN, not infinite, where there is nothing to divide by. */
function ratio(numerator: number, denominator: number): number {
  return denominator > 0 ? numerator / denominator : Number.NaN;
}

const recall: Formula = ({ tp, fn }) => ratio(tp, tp + fn);
const specificity: Formula = ({ tn, fp }) => ratio(tn, tn + fp);
const fallOut: Formula = ({ tn, fp }) => ratio(fp, tn + fp);
const missRate: Formula = ({ tp, fn }) => ratio(fn, tp + fn);
const precision: Formula = ({ tp, fp }) => ratio(tp, tp + fp);
const negativePredictiveValue: Formula = ({ tn, fn }) => ratio(tn, tn + fn);
const total: Formula = ({ tp, tn, fp, fn }) => tp + tn + fp + fn;

/** Class name, the metric's key, and its value at one threshold. */
const FORMULAS: readonly (readonly [string, string, Formula])[] = [
  ["TruePositives", "true_positives", ({ tp }) => tp],
  ["TP", "tp", ({ tp }) => tp],
  ["TrueNegatives", "true_negatives", ({ tn }) => tn],
  ["TN", "tn", ({ tn }) => tn],
  ["FalsePositives", "false_positives", ({ fp }) => fp],
  ["FP", "fp", ({ fp }) => fp],
  ["FalseNegatives", "false_negatives", ({ fn }) => fn],
  ["FN", "fn", ({ fn }) => fn],
  ["BinaryAccuracy", "binary_accuracy", (matrix) => ratio(matrix.tp + matrix.tn, total(matrix))],
  ["Precision", "precision", precision],
  ["PPV", "ppv", precision],
  ["Recall", "recall", recall],
  ["TPR", "tpr", recall],
  ["Specificity", "specificity", specificity],
  ["TNR", "tnr", specificity],
  ["FallOut", "fall_out", fallOut],
  ["FPR", "fpr", fallOut],
  ["MissRate", "miss_rate", missRate],
  ["FNR", "fnr", missRate],
  ["NegativePredictiveValue", "negative_predictive_value", negativePredictiveValue],
  ["NPV", "npv", negativePredictiveValue],
  ["FalseDiscoveryRate", "false_discovery_rate", ({ tp, fp }) => ratio(fp, tp + fp)],
  ["FalseOmissionRate", "false_omission_rate", ({ tn, fn }) => ratio(fn, tn + fn)],
  ["Prevalence", "prevalence", (matrix) => ratio(matrix.tp + matrix.fn, total(matrix))],
  ["PredictedPositiveRate", "predicted_positive_rate", (matrix) => ratio(matrix.tp + matrix.fp, total(matrix))],
  ["PrevalenceThreshold", "prevalence_threshold", prevalenceThreshold],
  ["ThreatScore", "threat_score", ({ tp, fn, fp }) => ratio(tp, tp + fn + fp)],
  ["BalancedAccuracy", "balanced_accuracy", (matrix) => (recall(matrix) + specificity(matrix)) / 2],
  ["F1Score", "f1_score", ({ tp, fp, fn }) => ratio(2 * tp, 2 * tp + fp + fn)],
  ["MatthewsCorrelationCoefficient", "matthews_correlation_coefficient", matthewsCorrelation],
  ["FowlkesMallowsIndex", "fowlkes_mallows_index", (matrix) => Math.sqrt(precision(matrix) * recall(matrix))],
  ["Informedness", "informedness", (matrix) => recall(matrix) + specificity(matrix) - 1],
  ["Markedness", "markedness", (matrix) => precision(matrix) + negativePredictiveValue(matrix) - 1],
  ["PositiveLikelihoodRatio", "positive_likelihood_ratio", (matrix) => ratio(recall(matrix), fallOut(matrix))],
  ["NegativeLikelihoodRatio", "negative_likelihood_ratio", (matrix) => ratio(missRate(matrix), specificity(matrix))],
];

/** Metrics that are a number per confusion matrix; one threshold, 0.5, unless the options name others. */
export const CONFUSION_METRICS: Readonly<Record<string, MetricDefinition>> = {
  ...Object.fromEntries(FORMULAS.map(([className, name, formula]) => [className, confusionMetric(name, formula)])),
  ConfusionMatrixAtThresholds: {
    defaultName: "confusion_matrix_at_thresholds",
    options: ["thresholds"],
    create: (options) => {
      const thresholds = thresholdsOption(options);
      return (examples) => ({ matrices: confusionMatrices(examples, thresholds) });
    },
  },
};

function confusionMetric(defaultName: string, formula: Formula): MetricDefinition {
  return {
    defaultName,
    // Keras calls the one threshold of BinaryAccuracy `threshold`.
    options: defaultName === "binary_accuracy" ? ["threshold", "thresholds"] : ["thresholds"],
    create: (options) => {
      const thresholds = thresholdsOption(options);
      return (examples) => {
        const values = confusionMatrices(examples, thresholds).map(formula);
        return values.length === 1 ? values[0]! : values;
      };
    },
  };
}

function thresholdsOption(options: MetricOptions): number[] {
  const given = options.thresholds ?? options.threshold ?? 0.5;
  const thresholds: unknown[] = Array.isArray(given) ? given : [given];
  if (thresholds.length === 0 || !thresholds.every((threshold) => typeof threshold === "number")) {
    throw new TypeError(`thresholds should be a number or a list of numbers, got ${JSON.stringify(given)}`);
  }
  return thresholds as number[];
}

function prevalenceThreshold(matrix: ConfusionMatrix): number {
  const tpr = recall(matrix);
  const tnr = specificity(matrix);
  return (Math.sqrt(tpr * (1 - tnr)) + tnr - 1) / (tpr + tnr - 1);
}

function matthewsCorrelation({ tp, tn, fp, fn }: ConfusionMatrix): number {
  return ratio(tp * tn - fp * fn, Math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)));
}
