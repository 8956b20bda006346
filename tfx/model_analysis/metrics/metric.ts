/** The examples of one slice: what every metric is computed from. */
export interface LabeledPredictions {
  readonly labels: Float64Array;
  readonly predictions: Float64Array;
  /** 1 for every example when there is no weight feature. */
  readonly weights: Float64Array;
}

/** Counts, by weight, of the four cases of a binary prediction at one threshold. */
export interface ConfusionMatrix {
  readonly threshold: number;
  readonly tp: number;
  readonly tn: number;
  readonly fp: number;
  readonly fn: number;
}

/** A number, one number per threshold, or the matrices themselves. */
export type MetricResult = number | readonly number[] | { readonly matrices: readonly ConfusionMatrix[] };

/** A metric's own options, as they come from its JSON config. */
export type MetricOptions = Readonly<Record<string, unknown>>;

/** A metric that can be asked for by class name. */
export interface MetricDefinition {
  /** The metric's key in results, unless its options give it another name. */
  readonly defaultName: string;
  /** The options it takes beside `name` and `dtype`. */
  readonly options: readonly string[];
  /** Checks the options and returns the computation. @throws when an option's value is not usable */
  readonly create: (options: MetricOptions) => (examples: LabeledPredictions) => MetricResult;
}

/** Reads an option that is a number, or gives the default. */
export function numberOption(options: MetricOptions, name: string, fallback: number): number {
  const value = options[name] ?? fallback;
  if (typeof value !== "number") throw new TypeError(`${name} should be a number, got ${JSON.stringify(value)}`);
  return value;
}

/** Reads an option that is one of some words, or gives the first. */
export function choiceOption<T extends string>(options: MetricOptions, name: string, choices: readonly T[]): T {
  const value = options[name] ?? choices[0];
  const choice = choices.find((word) => word.toLowerCase() === String(value).toLowerCase());
  if (!choice) throw new TypeError(`${name} should be one of ${choices.join(", ")}, got ${JSON.stringify(value)}`);
  return choice;
}
