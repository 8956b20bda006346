import { configuredMetrics } from "../../model_analysis/configured-metrics.ts";
import { type EvalConfig, evalConfigProperty, parseEvalConfig } from "../../model_analysis/eval-config.ts";
import type { Channel } from "../../pipeline/channel.ts";
import { Examples, Model, ModelBlessing, ModelEvaluation, Schema } from "../../types/artifact-type.ts";
import { BaseComponent } from "../base-component.ts";
import type { ComponentSpec } from "../component.ts";

const spec = {
  typeName: "tfx.components.evaluator.component.Evaluator",
  inputs: {
    examples: { type: Examples },
    model: { type: Model },
    baseline_model: { type: Model, optional: true },
    schema: { type: Schema, optional: true },
  },
  outputs: { evaluation: ModelEvaluation, blessing: ModelBlessing },
  parameters: {
    eval_config: { type: "object" },
    example_splits: { type: "array", optional: true },
  },
  executor: () => import("./executor.ts"),
} as const satisfies ComponentSpec;

export interface EvaluatorArguments {
  /** Raw examples: the model's own transform is applied to them. */
  readonly examples: Channel;
  readonly model: Channel;
  /** What the model is compared with, usually from a Resolver of the latest blessed model. */
  readonly baselineModel?: Channel;
  readonly schema?: Channel;
  readonly evalConfig: EvalConfig;
  /** @default ["eval"] */
  readonly exampleSplits?: readonly string[];
}

/**
 * Evaluates a model on slices of the examples, and blesses it when every threshold is met. A config without any
 * threshold gives no blessing, and a Pusher then does not push.
 *
 * @example
 * ```ts
 * new Evaluator({
 *   examples: exampleGen.outputs.examples,
 *   model: trainer.outputs.model,
 *   evalConfig: {
 *     modelSpecs: [{ labelKey: "tips", preprocessingFunctionNames: ["transform_features"] }],
 *     slicingSpecs: [{}, { featureKeys: ["trip_start_hour"] }],
 *     metricsSpecs: [
 *       { metrics: [{ className: "BinaryAccuracy", threshold: { valueThreshold: { lowerBound: 0.6 } } }] },
 *     ],
 *   },
 * });
 * ```
 */
export class Evaluator extends BaseComponent<typeof spec> {
  constructor({ evalConfig, ...args }: EvaluatorArguments) {
    if (evalConfig === undefined) throw new Error("Missing argument 'evalConfig' to Evaluator.");
    const parsed = parseEvalConfig(evalConfig);
    // An unknown metric shows when the DAG file is parsed, not after an hour of training.
    configuredMetrics(parsed.metricsSpecs ?? []);
    super(spec, { ...args, evalConfig: evalConfigProperty(parsed) });
  }
}
