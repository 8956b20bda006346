import type { Channel } from "../../pipeline/channel.ts";
import { ExampleStatistics, Examples, Model, ModelRun, Schema, TransformGraph } from "../../types/artifact-type.ts";
import { BaseComponent } from "../base-component.ts";
import type { ComponentSpec } from "../component.ts";
import type { Json } from "../executor.ts";

const spec = {
  typeName: "tfx.components.trainer.component.Trainer",
  inputs: {
    examples: { type: Examples },
    transform_graph: { type: TransformGraph, optional: true },
    schema: { type: Schema, optional: true },
    base_model: { type: Model, optional: true },
    statistics: { type: ExampleStatistics, optional: true },
  },
  outputs: { model: Model, model_run: ModelRun },
  parameters: {
    train_args: { type: "object", default: {} },
    eval_args: { type: "object", default: {} },
    module_file: { type: "string", optional: true },
    run_fn: { type: "string", optional: true },
    custom_config: { type: "object", optional: true },
  },
  executor: () => import("./executor.ts"),
} as const satisfies ComponentSpec;

/** On which splits, and for how many steps. */
export interface TrainArgs {
  /** @default ["train"] for training, ["eval"] for evaluation */
  readonly splits?: readonly string[];
  /** Batches; `runFn` decides when it is absent or 0. */
  readonly numSteps?: number;
}

export interface TrainerArguments {
  /** Examples to train on, usually Transform's `transformedExamples`. */
  readonly examples: Channel;
  readonly transformGraph?: Channel;
  readonly schema?: Channel;
  /** A model to start from. */
  readonly baseModel?: Channel;
  readonly statistics?: Channel;
  readonly trainArgs?: TrainArgs;
  readonly evalArgs?: TrainArgs;
  /** The file that exports `runFn`. */
  readonly moduleFile?: string;
  /** In place of `moduleFile`: `<file>:<export>`, when the function has another name. */
  readonly runFn?: string;
  /** Given to `runFn` as it is. */
  readonly customConfig?: { readonly [key: string]: Json };
}

/**
 * Trains a model: calls the user's `runFn(fnArgs)`, which writes a SavedModel to `fnArgs.servingModelDir`.
 *
 * @example
 * ```ts
 * new Trainer({
 *   moduleFile: "dags/taxi_utils.ts",
 *   examples: transform.outputs.transformedExamples,
 *   transformGraph: transform.outputs.transformGraph,
 *   schema: schemaGen.outputs.schema,
 *   trainArgs: { numSteps: 10_000 },
 *   evalArgs: { numSteps: 5_000 },
 * });
 * ```
 */
export class Trainer extends BaseComponent<typeof spec> {
  constructor({ trainArgs, evalArgs, ...args }: TrainerArguments) {
    if ((args.moduleFile === undefined) === (args.runFn === undefined)) {
      throw new Error("Trainer takes exactly one of moduleFile and runFn.");
    }
    if (args.runFn !== undefined && !/.:\w+$/.test(args.runFn)) {
      throw new Error(`Trainer's runFn should be "<file>:<export>", got ${JSON.stringify(args.runFn)}.`);
    }
    super(spec, {
      ...args,
      trainArgs: stepsProperty("trainArgs", trainArgs),
      evalArgs: stepsProperty("evalArgs", evalArgs),
    });
  }
}

/** The arguments as TFX records them, in the field names of `trainer.proto`. */
function stepsProperty(name: string, { splits, numSteps }: TrainArgs = {}): Json {
  if (numSteps !== undefined && (!Number.isInteger(numSteps) || numSteps < 0)) {
    throw new TypeError(`Trainer's ${name}.numSteps should be a whole number of steps, got ${numSteps}`);
  }
  return { splits, num_steps: numSteps };
}
