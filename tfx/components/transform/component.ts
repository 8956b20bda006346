import type { Channel } from "../../pipeline/channel.ts";
import {
  ExampleAnomalies,
  ExampleStatistics,
  Examples,
  Schema,
  TransformCache,
  TransformGraph,
} from "../../types/artifact-type.ts";
import { BaseComponent } from "../base-component.ts";
import type { ComponentSpec } from "../component.ts";
import type { Json } from "../executor.ts";

const spec = {
  typeName: "tfx.components.transform.component.Transform",
  inputs: { examples: { type: Examples }, schema: { type: Schema } },
  outputs: {
    transform_graph: TransformGraph,
    transformed_examples: Examples,
    // Analyzers read every row in each run, so this folder stays empty. TFX has the output, and with it artifacts are
    // numbered as in TFX: the workshop's notebook asks for the model by its id 13.
    updated_analyzer_cache: TransformCache,
    pre_transform_schema: Schema,
    pre_transform_stats: ExampleStatistics,
    post_transform_schema: Schema,
    post_transform_stats: ExampleStatistics,
    post_transform_anomalies: ExampleAnomalies,
  },
  parameters: {
    module_file: { type: "string", optional: true },
    preprocessing_fn: { type: "string", optional: true },
    splits_config: { type: "object", optional: true },
    materialize: { type: "boolean", default: true },
    disable_statistics: { type: "boolean", default: false },
    force_tf_compat_v1: { type: "boolean", default: false },
    custom_config: { type: "object", optional: true },
  },
  executor: () => import("./executor.ts"),
} as const satisfies ComponentSpec;

/** Which splits are looked at and which are transformed. */
export interface SplitsConfig {
  /** The splits that analyzers (means, vocabularies, …) go over. @default ["train"] */
  readonly analyze: readonly string[];
  /** The splits to transform. @default all */
  readonly transform?: readonly string[];
}

export interface TransformArguments {
  readonly examples: Channel;
  /** The schema of the examples; features it gives a shape become dense tensors, the others sparse ones. */
  readonly schema: Channel;
  /** The file that exports `preprocessingFn`. */
  readonly moduleFile?: string;
  /** In place of `moduleFile`: `<file>:<export>`, when the function has another name. */
  readonly preprocessingFn?: string;
  readonly splitsConfig?: SplitsConfig;
  /** Whether to write transformed examples; without them `transformedExamples` holds no split. @default true */
  readonly materialize?: boolean;
  /** Leaves the outputs with schemas, statistics and anomalies before and after the transform empty. @default false */
  readonly disableStatistics?: boolean;
  /** Given to `preprocessingFn` as its second argument. */
  readonly customConfig?: { readonly [key: string]: Json };
}

/**
 * Engineers features: runs the user's `preprocessingFn` over the examples, with a pass to find the means, vocabularies
 * and boundaries that it asks for, and keeps it as a graph that trained models serve with.
 *
 * @example
 * ```ts
 * new Transform({
 *   examples: exampleGen.outputs.examples,
 *   schema: schemaGen.outputs.schema,
 *   moduleFile: "dags/taxi_utils.ts",
 * });
 * ```
 */
export class Transform extends BaseComponent<typeof spec> {
  constructor({ splitsConfig, ...args }: TransformArguments) {
    if ((args.moduleFile === undefined) === (args.preprocessingFn === undefined)) {
      throw new Error("Transform takes exactly one of moduleFile and preprocessingFn.");
    }
    if (args.preprocessingFn !== undefined && !/.:\w+$/.test(args.preprocessingFn)) {
      throw new Error(
        `Transform's preprocessingFn should be "<file>:<export>", got ${JSON.stringify(args.preprocessingFn)}.`,
      );
    }
    if (splitsConfig && splitsConfig.analyze.length === 0) {
      throw new Error("Transform's splitsConfig.analyze cannot be empty.");
    }
    super(spec, { ...args, splitsConfig: splitsConfig && { ...splitsConfig } });
  }
}
