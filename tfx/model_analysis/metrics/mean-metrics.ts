import { type LabeledPredictions, type MetricDefinition, type MetricOptions, numberOption } from "./metric.ts";

/** What Keras adds to keep logarithms and quotients finite. */
const EPSILON = 1e-7;

type PerExample = (label: number, prediction: number) => number;

function weightedSum({ labels, predictions, weights }: LabeledPredictions, value: PerExample): number {
  let sum = 0;
  for (let index = 0; index < labels.length; index++) {
    sum += weights[index]! * value(labels[index]!, predictions[index]!);
  }
  return sum;
}

function weightedMean(examples: LabeledPredictions, value: PerExample): number {
  return weightedSum(examples, value) / weightedSum(examples, () => 1);
}

function mean(defaultName: string, value: PerExample): MetricDefinition {
  return { defaultName, options: [], create: () => (examples) => weightedMean(examples, value) };
}

/** Counts, means over labels and predictions, and losses. */
export const MEAN_METRICS: Readonly<Record<string, MetricDefinition>> = {
  ExampleCount: {
    defaultName: "example_count",
    options: [],
    create:
      () =>
      ({ labels }) =>
        labels.length,
  },
  WeightedExampleCount: {
    defaultName: "weighted_example_count",
    options: [],
    create: () => (examples) => weightedSum(examples, () => 1),
  },
  MeanLabel: mean("mean_label", (label) => label),
  MeanPrediction: mean("mean_prediction", (_, prediction) => prediction),
  Calibration: {
    defaultName: "calibration",
    options: [],
    create: () => (examples) =>
      weightedSum(examples, (_, prediction) => prediction) / weightedSum(examples, (label) => label),
  },
  MeanSquaredError: mean("mean_squared_error", (label, prediction) => (label - prediction) ** 2),
  MeanAbsoluteError: mean("mean_absolute_error", (label, prediction) => Math.abs(label - prediction)),
  MeanAbsolutePercentageError: mean(
    "mean_absolute_percentage_error",
    (label, prediction) => (100 * Math.abs(label - prediction)) / Math.max(Math.abs(label), EPSILON),
  ),
  MeanSquaredLogarithmicError: mean("mean_squared_logarithmic_error", (label, prediction) => {
    const logarithm = (value: number): number => Math.log(Math.max(value, EPSILON) + 1);
    return (logarithm(prediction) - logarithm(label)) ** 2;
  }),
  SquaredPearsonCorrelation: {
    defaultName: "squared_pearson_correlation",
    options: [],
    create: () => squaredPearsonCorrelation,
  },
  CoefficientOfDiscrimination: {
    defaultName: "coefficient_of_discrimination",
    options: [],
    create: () => (examples) => meanPredictionOf(examples, 1) - meanPredictionOf(examples, 0),
  },
  RelativeCoefficientOfDiscrimination: {
    defaultName: "relative_coefficient_of_discrimination",
    options: [],
    create: () => (examples) => meanPredictionOf(examples, 1) / meanPredictionOf(examples, 0),
  },
  BinaryCrossEntropy: binaryCrossEntropy("binary_cross_entropy"),
  BinaryCrossentropy: binaryCrossEntropy("binary_crossentropy"),
};

function squaredPearsonCorrelation(examples: LabeledPredictions): number {
  const meanLabel = weightedMean(examples, (label) => label);
  const meanPrediction = weightedMean(examples, (_, prediction) => prediction);
  const covariance = weightedMean(examples, (label, prediction) => (label - meanLabel) * (prediction - meanPrediction));
  const labelVariance = weightedMean(examples, (label) => (label - meanLabel) ** 2);
  const predictionVariance = weightedMean(examples, (_, prediction) => (prediction - meanPrediction) ** 2);
  const variances = labelVariance * predictionVariance;
  return variances > 0 ? covariance ** 2 / variances : Number.NaN;
}

/** The mean prediction of examples of one label; a label between 0 and 1 counts by its share. */
function meanPredictionOf(examples: LabeledPredictions, of: 0 | 1): number {
  const share: PerExample = (label) => (of === 1 ? label : 1 - label);
  return (
    weightedSum(examples, (label, prediction) => share(label, prediction) * prediction) / weightedSum(examples, share)
  );
}

function binaryCrossEntropy(defaultName: string): MetricDefinition {
  return {
    defaultName,
    options: ["from_logits", "label_smoothing"],
    create: (options) => {
      const fromLogits = booleanOption(options, "from_logits");
      const smoothing = numberOption(options, "label_smoothing", 0);
      return (examples) =>
        weightedMean(examples, (label, prediction) => {
          const smooth = label * (1 - smoothing) + 0.5 * smoothing;
          const probability = fromLogits ? 1 / (1 + Math.exp(-prediction)) : prediction;
          const clipped = Math.min(Math.max(probability, EPSILON), 1 - EPSILON);
          return -(smooth * Math.log(clipped) + (1 - smooth) * Math.log(1 - clipped));
        });
    },
  };
}

function booleanOption(options: MetricOptions, name: string): boolean {
  const value = options[name] ?? false;
  if (typeof value !== "boolean") throw new TypeError(`${name} should be true or false, got ${JSON.stringify(value)}`);
  return value;
}
