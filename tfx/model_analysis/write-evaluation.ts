import { rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { writeTfRecords } from "../data/tfrecord.ts";
import { reflectedType } from "../protos/load.ts";
import { messageType } from "../protos/message-type.ts";
import type { EvalConfig } from "./eval-config.ts";
import { EVAL_CONFIG, readShape } from "./eval-config-shape.ts";
import { isNumbers, type MetricKey, type SliceMetrics } from "./evaluate-slices.ts";
import type { ConfusionMatrix, MetricResult } from "./metrics/metric.ts";
import { messageFromJson, messageToJson } from "./proto-json.ts";
import type { SingleSliceKey, SliceKey } from "./slice-key.ts";
import type { ValidationResult } from "./validate-metrics.ts";

const CONFIG_PROTO = "tensorflow_model_analysis/proto/config.proto";
const METRICS_PROTO = "tensorflow_model_analysis/proto/metrics_for_slice.proto";
const MetricsForSlice = messageType<object>(METRICS_PROTO, "tensorflow_model_analysis.MetricsForSlice");
const PlotsForSlice = messageType<object>(METRICS_PROTO, "tensorflow_model_analysis.PlotsForSlice");
const AttributionsForSlice = messageType<object>(METRICS_PROTO, "tensorflow_model_analysis.AttributionsForSlice");
const ValidationResultMessage = messageType<object>(
  "tensorflow_model_analysis/proto/validation_result.proto",
  "tensorflow_model_analysis.ValidationResult",
);

/** The TFMA release whose files these are; its loader only requires that there is one. */
const TFMA_VERSION = "0.48.0";
/** The metric under which TFMA keeps the reason for a slice without metrics. */
const ERROR_METRIC = "__ERROR__";

/** Where the evaluated data and models lie, for the record. */
export interface EvaluationSources {
  readonly dataLocation: string;
  readonly modelLocations: Readonly<Record<string, string>>;
}

/** Writes the files of a ModelEvaluation artifact, which TFMA's `load_eval_result` and `load_validation_result` read. */
export async function writeEvaluation(
  folder: string,
  config: EvalConfig,
  sources: EvaluationSources,
  slices: readonly SliceMetrics[],
  validation: ValidationResult,
): Promise<void> {
  const file = (name: string): string => path.join(folder, name);
  const keys = slices.map(({ sliceKey }) => ({ slice_key: sliceKeyMessage(sliceKey) }));
  await writeTfRecords(
    file("metrics-00000-of-00001.tfrecord"),
    slices.map((slice) => MetricsForSlice.encode(metricsMessage(slice))),
  );
  await writeTfRecords(
    file("plots-00000-of-00001.tfrecord"),
    keys.map((key) => PlotsForSlice.encode(key)),
  );
  await writeTfRecords(
    file("attributions-00000-of-00001.tfrecord"),
    keys.map((key) => AttributionsForSlice.encode(key)),
  );
  await writeTfRecords(file("validations.tfrecord"), [ValidationResultMessage.encode(validationMessage(validation))]);
  await writeAside(file("eval_config.json"), `${JSON.stringify(evalRun(config, sources), null, 2)}\n`);
}

/** The config as it was used, without what completing it added for this program only. */
function evalRun(config: EvalConfig, { dataLocation, modelLocations }: EvaluationSources): object {
  const { modelSpecs, slicingSpecs, metricsSpecs, options } = config;
  const evalConfig = readShape(EVAL_CONFIG, { modelSpecs, slicingSpecs, metricsSpecs, options }, "evalConfig");
  const type = reflectedType(CONFIG_PROTO, "tensorflow_model_analysis.EvalRun");
  const run = { evalConfig, version: TFMA_VERSION, dataLocation, fileFormat: "tfrecords", modelLocations };
  return messageToJson(type, messageFromJson(type, run, "evalRun"), "camelCase");
}

function configPartMessage(typeName: "SlicingSpec" | "MetricThreshold", part: object): object {
  return messageFromJson(reflectedType(CONFIG_PROTO, `tensorflow_model_analysis.${typeName}`), part, typeName);
}

function metricsMessage({ sliceKey, metrics, error }: SliceMetrics): object {
  const slice_key = sliceKeyMessage(sliceKey);
  if (error) return { slice_key, metrics: { [ERROR_METRIC]: { debug_message: error } } };
  const sorted = metrics.toSorted((a, b) => compareKeys(a.key, b.key));
  return {
    slice_key,
    metric_keys_and_values: sorted.map(({ key, value }) => ({ key: keyMessage(key), value: valueMessage(value) })),
  };
}

function compareKeys(a: MetricKey, b: MetricKey): number {
  const [left, right] = [a, b].map(({ name, modelName, isDiff }) => `${name}\0${modelName}\0${isDiff}`);
  return left! < right! ? -1 : 1;
}

function keyMessage({ name, modelName, isDiff }: MetricKey): object {
  return {
    name,
    ...(modelName && { model_name: modelName }),
    ...(isDiff && { is_diff: true }),
    example_weighted: {},
  };
}

function valueMessage(value: MetricResult): object {
  if (typeof value === "number") return { double_value: { value } };
  if (isNumbers(value)) {
    return { array_value: { data_type: "FLOAT64", shape: [value.length], float64_values: [...value] } };
  }
  const { matrices } = value as { readonly matrices: readonly ConfusionMatrix[] };
  return { confusion_matrix_at_thresholds: { matrices: matrices.map(matrixMessage) } };
}

/** Precision counts as 1 and recall as 0 where they are not defined, as TFMA writes them. */
function matrixMessage({ threshold, tp, tn, fp, fn }: ConfusionMatrix): object {
  return {
    threshold: Math.round(threshold * 1e6) / 1e6,
    true_positives: tp,
    true_negatives: tn,
    false_positives: fp,
    false_negatives: fn,
    precision: tp + fp > 0 ? tp / (tp + fp) : 1,
    recall: tp + fn > 0 ? tp / (tp + fn) : 0,
  };
}

function sliceKeyMessage(key: SliceKey): object {
  return { single_slice_keys: key.map(singleSliceKeyMessage) };
}

function singleSliceKeyMessage({ column, value, type }: SingleSliceKey): object {
  if (type === "INT") return { column, int64_value: value };
  if (type === "FLOAT") return { column, float_value: value };
  return { column, bytes_value: typeof value === "string" ? Buffer.from(value) : value };
}

function validationMessage(result: ValidationResult): object {
  return {
    validation_ok: result.validationOk,
    metric_validations_per_slice: result.failuresPerSlice.map(({ sliceKey, failures }) => ({
      slice_key: sliceKeyMessage(sliceKey),
      failures: failures.map(({ key, threshold, value, message }) => ({
        metric_key: keyMessage(key),
        metric_threshold: configPartMessage("MetricThreshold", threshold),
        ...(value !== undefined && { metric_value: { double_value: { value } } }),
        ...(message && { message }),
      })),
    })),
    missing_slices: result.missingSlices.map((spec) => configPartMessage("SlicingSpec", spec)),
    validation_details: {
      slicing_details: result.slicingDetails.map(({ slicingSpec, numMatchingSlices }) => ({
        slicing_spec: configPartMessage("SlicingSpec", slicingSpec),
        num_matching_slices: numMatchingSlices,
      })),
    },
    missing_thresholds: result.missingThresholds,
    rubber_stamp: result.rubberStamp,
  };
}

async function writeAside(file: string, text: string): Promise<void> {
  await writeFile(`${file}.writing`, text);
  await rename(`${file}.writing`, file);
}
