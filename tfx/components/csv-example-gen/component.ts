import { Examples } from "../../types/artifact-type.ts";
import { BaseComponent } from "../base-component.ts";
import type { ComponentSpec } from "../component.ts";
import type { Json } from "../executor.ts";
import { type ExampleGenConfig, exampleGenConfig, formatNumbers } from "./config.ts";

const spec = {
  typeName: "tfx.components.example_gen.csv_example_gen.component.CsvExampleGen",
  inputs: {},
  outputs: { examples: Examples },
  parameters: {
    input_base: { type: "string" },
    input_config: { type: "object", optional: true },
    output_config: { type: "object", optional: true },
    output_data_format: { type: "number", optional: true },
    output_file_format: { type: "number", optional: true },
    range_config: { type: "object", optional: true },
    custom_config: { type: "object", optional: true },
  },
  executor: () => import("./executor.ts"),
  driver: () => import("./driver.ts"),
} as const satisfies ComponentSpec;

/** Which files are read, in sets of their own (`example_gen.proto` Input). */
export interface InputConfig {
  /** A pattern is relative to `inputBase`; `*` and `?` stay within one folder. */
  readonly splits: readonly { readonly name: string; readonly pattern: string }[];
}

/** How the examples of one input set are divided (`example_gen.proto` Output). */
export interface OutputConfig {
  readonly splitConfig: {
    /** The shares in which the examples' hashes are divided. */
    readonly splits: readonly { readonly name: string; readonly hashBuckets: number }[];
    /** Examples with the same value of this feature stay together. @default the whole example is hashed */
    readonly partitionFeatureName?: string;
  };
}

export interface CsvExampleGenArguments {
  /** The folder with the CSV files. */
  readonly inputBase: string;
  /** @default one set, of all files in the folder */
  readonly inputConfig?: InputConfig;
  /** @default two thirds `train`, one third `eval`; with several input sets, each is a split as it is */
  readonly outputConfig?: OutputConfig;
  /** A `PayloadFormat`. @default 15, FORMAT_PARQUET; TFX's own default is 6, FORMAT_TF_EXAMPLE */
  readonly outputDataFormat?: number;
  /** A `FileFormat`. @default the one that goes with the data format */
  readonly outputFileFormat?: number;
}

/**
 * Reads CSV files with a header line into examples, and splits them by hash, as TFX's CsvExampleGen does.
 *
 * @example
 * ```ts
 * new CsvExampleGen({ inputBase: "/data/taxi" });
 * ```
 */
export class CsvExampleGen extends BaseComponent<typeof spec> {
  constructor(args: CsvExampleGenArguments) {
    const { inputBase, inputConfig, outputConfig, outputDataFormat, outputFileFormat, ...unknown } = args;
    const config = exampleGenConfig({
      input_base: inputBase,
      ...(inputConfig && { input_config: inputConfig as unknown as Json }),
      ...(outputConfig && { output_config: outputConfig as unknown as Json }),
      ...(outputDataFormat !== undefined && { output_data_format: outputDataFormat }),
      ...(outputFileFormat !== undefined && { output_file_format: outputFileFormat }),
    });
    super(spec, { ...(unknown as Record<string, Json>), ...recordedArguments(config) });
  }
}

/** The configuration with its defaults, in the field names of `example_gen.proto`, as the execution is recorded. */
function recordedArguments(config: ExampleGenConfig): Record<string, Json> {
  const { inputBase, inputSplits, outputSplits, partitionFeatureName, format } = config;
  return {
    inputBase,
    inputConfig: { splits: inputSplits.map(({ name, pattern }) => ({ name, pattern })) },
    outputConfig: {
      split_config: {
        splits: (outputSplits ?? []).map(({ name, hashBuckets }) => ({ name, hash_buckets: hashBuckets })),
        ...(partitionFeatureName !== undefined && { partition_feature_name: partitionFeatureName }),
      },
    },
    ...formatNumbers(format),
  };
}
