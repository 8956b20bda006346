import { confusionMatrices, interpolatedMatrices } from "./confusion-matrices.ts";
import {
  type ConfusionMatrix,
  choiceOption,
  type LabeledPredictions,
  type MetricDefinition,
  type MetricOptions,
  numberOption,
} from "./metric.ts";

const SUMMATION_METHODS = ["interpolation", "minoring", "majoring"] as const;
const CURVES = ["ROC", "PR"] as const;
const DEFAULT_THRESHOLDS = 10_000;

type Curve = (typeof CURVES)[number];
type SummationMethod = (typeof SUMMATION_METHODS)[number];

/** Areas under the ROC and the precision-recall curve, by Riemann sums over thresholds as Keras computes them. */
export const AUC_METRICS: Readonly<Record<string, MetricDefinition>> = {
  AUC: {
    defaultName: "auc",
    options: ["curve", "num_thresholds", "summation_method", "thresholds"],
    create: (options) => areaUnderCurve(options, choiceOption(options, "curve", CURVES)),
  },
  AUCPrecisionRecall: {
    defaultName: "auc_precision_recall",
    options: ["num_thresholds", "summation_method", "thresholds"],
    create: (options) => areaUnderCurve(options, "PR"),
  },
};

function areaUnderCurve(options: MetricOptions, curve: Curve): (examples: LabeledPredictions) => number {
  const method = choiceOption(options, "summation_method", SUMMATION_METHODS);
  const count = numberOption(options, "num_thresholds", DEFAULT_THRESHOLDS);
  if (!Number.isInteger(count) || count < 2) throw new TypeError(`num_thresholds should be at least 2, got ${count}`);
  const thresholds = options.thresholds;
  if (thresholds !== undefined && !(Array.isArray(thresholds) && thresholds.every(Number.isFinite))) {
    throw new TypeError(`thresholds should be a list of numbers, got ${JSON.stringify(thresholds)}`);
  }
  return (examples) => {
    const matrices = thresholds
      ? confusionMatrices(examples, thresholds as number[])
      : interpolatedMatrices(examples, count);
    if (curve === "PR" && method === "interpolation") return interpolatedPrecisionRecall(matrices);
    return riemannSum(matrices.map(curve === "ROC" ? rocPoint : precisionRecallPoint), method);
  };
}

interface Point {
  readonly x: number;
  readonly y: number;
}

const rocPoint = ({ tp, tn, fp, fn }: ConfusionMatrix): Point => ({
  x: divideOrZero(fp, fp + tn),
  y: divideOrZero(tp, tp + fn),
});

const precisionRecallPoint = ({ tp, fp, fn }: ConfusionMatrix): Point => ({
  x: divideOrZero(tp, tp + fn),
  y: divideOrZero(tp, tp + fp),
});

function riemannSum(points: readonly Point[], method: SummationMethod): number {
  let area = 0;
  for (let index = 1; index < points.length; index++) {
    const left = points[index - 1]!;
    const right = points[index]!;
    area += (left.x - right.x) * height(left.y, right.y, method);
  }
  return area;
}

function height(left: number, right: number, method: SummationMethod): number {
  if (method === "interpolation") return (left + right) / 2;
  return method === "minoring" ? Math.min(left, right) : Math.max(left, right);
}

/** Interpolates true and false positives, not precision, between two thresholds (Davis & Goadrich 2006). */
function interpolatedPrecisionRecall(matrices: readonly ConfusionMatrix[]): number {
  let area = 0;
  for (let index = 1; index < matrices.length; index++) {
    const left = matrices[index - 1]!;
    const right = matrices[index]!;
    const leftPositives = left.tp + left.fp;
    const rightPositives = right.tp + right.fp;
    const tpDifference = left.tp - right.tp;
    const slope = divideOrZero(tpDifference, Math.max(leftPositives - rightPositives, 0));
    const intercept = right.tp - slope * rightPositives;
    const safeRatio = leftPositives > 0 && rightPositives > 0 ? leftPositives / rightPositives : 1;
    const increment = slope * (tpDifference + intercept * Math.log(safeRatio));
    area += divideOrZero(increment, Math.max(right.tp + right.fn, 0));
  }
  return area;
}

function divideOrZero(numerator: number, denominator: number): number {
  return denominator === 0 ? 0 : numerator / denominator;
}
