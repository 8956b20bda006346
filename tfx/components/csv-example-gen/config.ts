import { type ExamplesFormat, FileFormat, PayloadFormat } from "../../data/payload-format.ts";
import type { Json } from "../executor.ts";

/** One set of input files (`example_gen.proto` Input.Split). */
export interface InputSplit {
  readonly name: string;
  /** Relative to `input_base`. */
  readonly pattern: string;
}

/** One split of the output and its share of the hash buckets (SplitConfig.Split). */
export interface OutputSplit {
  readonly name: string;
  readonly hashBuckets: number;
}

/** What an ExampleGen does, its parameters checked and the defaults filled in. */
export interface ExampleGenConfig {
  readonly inputBase: string;
  readonly inputSplits: readonly InputSplit[];
  /** Absent when the output splits are the input splits. */
  readonly outputSplits?: readonly OutputSplit[];
  readonly partitionFeatureName?: string;
  readonly format: ExamplesFormat;
}

const DEFAULT_INPUT: readonly InputSplit[] = [{ name: "single_split", pattern: "*" }];
const DEFAULT_OUTPUT: readonly OutputSplit[] = [
  { name: "train", hashBuckets: 2 },
  { name: "eval", hashBuckets: 1 },
];

/** Reads the execution properties of a file-based ExampleGen. @throws TFX's messages for what it refuses */
export function exampleGenConfig(properties: Readonly<Record<string, Json>>): ExampleGenConfig {
  const inputBase = properties.input_base;
  if (typeof inputBase !== "string" || inputBase === "") throw new Error("input_base: expected the path of a folder");
  refuse(properties, "range_config", "spans are not supported yet");
  refuse(properties, "custom_config", "CsvExampleGen takes none");
  const inputSplits = readInputSplits(messageOf(properties, "input_config"));
  const output = messageOf(messageOf(properties, "output_config"), "split_config");
  const outputSplits = readOutputSplits(output, inputSplits);
  const partitionFeatureName = field(output, "partition_feature_name");
  return {
    inputBase,
    inputSplits,
    ...(outputSplits && { outputSplits }),
    ...(typeof partitionFeatureName === "string" && partitionFeatureName !== "" && { partitionFeatureName }),
    format: readFormat(properties),
  };
}

type JsonMessage = Readonly<Record<string, Json | undefined>>;

function refuse(properties: JsonMessage, key: string, why: string): void {
  const value = properties[key];
  const empty = value === undefined || value === null || value === "" || value === "null";
  if (!empty && Object.keys(messageOf(properties, key)).length > 0) throw new Error(`${key} is set, but ${why}`);
}

/** A message of the configuration: an object, or the JSON text of one. */
function messageOf(parent: JsonMessage, key: string): JsonMessage {
  const value = field(parent, key);
  if (value === undefined || value === null || value === "") return {};
  const parsed: Json = typeof value === "string" ? (JSON.parse(value) as Json) : value;
  if (parsed === null) return {};
  if (typeof parsed !== "object" || Array.isArray(parsed))
    throw new Error(`${key}: expected an object, got ${JSON.stringify(value)}`);
  return parsed as JsonMessage;
}

/** A field by its `.proto` name or, as in protobuf's JSON form, in camelCase. */
function field(message: JsonMessage, name: string): Json | undefined {
  return message[name] ?? message[name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())];
}

function splitsOf(message: JsonMessage): readonly JsonMessage[] {
  const splits = message.splits ?? [];
  if (!Array.isArray(splits)) throw new Error(`splits: expected a list, got ${JSON.stringify(splits)}`);
  return splits as readonly JsonMessage[];
}

function readInputSplits(input: JsonMessage): readonly InputSplit[] {
  const splits = splitsOf(input);
  if (splits.length === 0 && Object.keys(input).length === 0) return DEFAULT_INPUT;
  if (splits.length === 0) throw new Error("ExampleGen splits are missing.");
  const read = splits.map(({ name, pattern }) => {
    if (typeof name !== "string" || name === "" || typeof pattern !== "string" || pattern === "") {
      throw new Error("Str-typed input split name and pattern are required.");
    }
    if (/\{(SPAN|VERSION|YYYY|MM|DD)(:\d+)?\}/.test(pattern)) {
      throw new Error(`Split pattern ${pattern} names spans or versions, which are not supported yet`);
    }
    return { name, pattern };
  });
  refuseDuplicates(read);
  return read;
}

function readOutputSplits(output: JsonMessage, inputSplits: readonly InputSplit[]): readonly OutputSplit[] | undefined {
  const splits = splitsOf(output);
  if (inputSplits.length > 1) {
    if (splits.length === 0) return undefined;
    throw new Error("ExampleGen instance specified output splits but at the same time input has more than one split.");
  }
  if (splits.length === 0) {
    if (Object.keys(output).length === 0) return DEFAULT_OUTPUT;
    throw new Error("ExampleGen splits are missing.");
  }
  const read = splits.map((split) => {
    const name = split.name;
    const hashBuckets = field(split, "hash_buckets");
    if (typeof name !== "string" || name === "" || !Number.isInteger(hashBuckets) || Number(hashBuckets) < 1) {
      throw new Error("Str-typed output split name and int-typed hash buckets are required.");
    }
    return { name, hashBuckets: Number(hashBuckets) };
  });
  refuseDuplicates(read);
  return read;
}

function refuseDuplicates(splits: readonly { readonly name: string }[]): void {
  const names = splits.map((split) => split.name);
  const duplicates = names.filter((name, index) => names.indexOf(name) !== index);
  if (duplicates.length > 0) throw new Error(`Duplicated split name ${JSON.stringify(duplicates)}.`);
}

const FORMATS: readonly { readonly format: ExamplesFormat; readonly payload: number; readonly file: number }[] = [
  { format: "FORMAT_PARQUET", payload: PayloadFormat.FORMAT_PARQUET, file: FileFormat.FILE_FORMAT_PARQUET },
  { format: "FORMAT_TF_EXAMPLE", payload: PayloadFormat.FORMAT_TF_EXAMPLE, file: FileFormat.FORMAT_TFRECORDS_GZIP },
];

/** A format as the two enum numbers that TFX records. */
export function formatNumbers(format: ExamplesFormat): { outputDataFormat: number; outputFileFormat: number } {
  const { payload, file } = FORMATS.find((candidate) => candidate.format === format)!;
  return { outputDataFormat: payload, outputFileFormat: file };
}

function readFormat(properties: JsonMessage): ExamplesFormat {
  const payload = properties.output_data_format ?? PayloadFormat.FORMAT_PARQUET;
  const chosen = FORMATS.find((candidate) => candidate.payload === payload);
  if (!chosen) {
    throw new Error(
      `output_data_format ${payload} is not supported; expected 6 (FORMAT_TF_EXAMPLE) or 15 (FORMAT_PARQUET)`,
    );
  }
  const file = properties.output_file_format ?? chosen.file;
  if (file !== chosen.file) {
    throw new Error(
      `output_file_format ${file} does not go with output_data_format ${payload}; expected ${chosen.file}`,
    );
  }
  return chosen.format;
}
