import { AUC_METRICS } from "./auc.ts";
import { CONFUSION_METRICS } from "./confusion-metrics.ts";
import { MEAN_METRICS } from "./mean-metrics.ts";
import type { LabeledPredictions, MetricDefinition, MetricOptions, MetricResult } from "./metric.ts";

/** Every metric by TFMA's class name. */
export const METRICS: Readonly<Record<string, MetricDefinition>> = {
  ...MEAN_METRICS,
  ...CONFUSION_METRICS,
  ...AUC_METRICS,
};

/** A metric ready to be computed. */
export interface Metric {
  /** Its key in results and thresholds. */
  readonly name: string;
  readonly compute: (examples: LabeledPredictions) => MetricResult;
}

const COMMON_OPTIONS = ["name", "dtype"];

/**
 * Makes a metric of a class name and the JSON of its options.
 * @throws when there is no such metric, or it does not take an option
 */
export function createMetric(className: string, config = ""): Metric {
  const definition = METRICS[className];
  if (!definition) {
    throw new Error(`There is no metric "${className}"; there are ${Object.keys(METRICS).join(", ")}`);
  }
  const options = parseOptions(className, config);
  const known = [...COMMON_OPTIONS, ...definition.options];
  for (const [option, value] of Object.entries(options)) {
    if (!known.includes(option) && value !== null) {
      throw new Error(`The metric ${className} does not take the option "${option}"; it takes ${known.join(", ")}`);
    }
  }
  try {
    const name = typeof options.name === "string" ? options.name : definition.defaultName;
    return { name, compute: definition.create(options) };
  } catch (error) {
    throw new Error(`The metric ${className}: ${(error as Error).message}`, { cause: error });
  }
}

/** The metric whose default name is the given one, with its default options. */
export function createMetricByName(name: string): Metric {
  const found = Object.entries(METRICS).find(([, { defaultName }]) => defaultName === name);
  if (!found) throw new Error(`A threshold is set for "${name}", which is neither configured nor a metric's name`);
  return createMetric(found[0]);
}

function parseOptions(className: string, config: string): MetricOptions {
  if (config.trim() === "") return {};
  let options: unknown;
  try {
    // TFMA takes the object also without its braces.
    options = JSON.parse(config.trim().startsWith("{") ? config : `{${config}}`);
  } catch (error) {
    throw new Error(`The config of the metric ${className} is not JSON: ${config}`, { cause: error });
  }
  return options as MetricOptions;
}
