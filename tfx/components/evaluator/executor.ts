import { writeFile } from "node:fs/promises";
import path from "node:path";
import { completeEvalConfig, hasThresholds } from "../../model_analysis/complete-eval-config.ts";
import { configuredMetrics } from "../../model_analysis/configured-metrics.ts";
import { parseEvalConfig } from "../../model_analysis/eval-config.ts";
import { evaluateSlices, type SliceMetrics } from "../../model_analysis/evaluate-slices.ts";
import { extractExamples } from "../../model_analysis/extract-examples.ts";
import { sliceName } from "../../model_analysis/slice-key.ts";
import {
  type ValidationFailure,
  type ValidationResult,
  validateMetrics,
} from "../../model_analysis/validate-metrics.ts";
import { writeEvaluation } from "../../model_analysis/write-evaluation.ts";
import { loadServingModel } from "../../saved_model/load.ts";
import { type Artifact, type ArtifactLists, optionalArtifact, singleArtifact } from "../../types/artifact.ts";
import type { Execute, Json } from "../executor.ts";

const SERVING_MODEL = "Format-Serving";
const SHOWN_FAILURES = 10;

type Log = (message: string) => void;

/**
 * TFX's Evaluator. When the config has no threshold (left), nothing is validated and the blessing stays without file
 * and properties, which a Pusher takes as "not blessed".
 */
export const execute: Execute = async (inputs, outputs, execProperties, { log, signal }) => {
  const examples = singleArtifact(inputs, "examples");
  const model = oneModel(inputs, "model");
  if (!model) throw new Error("Evaluator expected one model, got none");
  const baseline = oneModel(inputs, "baseline_model");
  const config = completeEvalConfig(parseEvalConfig(execProperties.eval_config), baseline !== undefined);
  const metrics = configuredMetrics(config.metricsSpecs ?? []);
  const evaluation = singleArtifact(outputs, "evaluation");

  const models = {
    candidate: await loadServingModel(path.join(model.uri, SERVING_MODEL)),
    baseline: baseline && (await loadServingModel(path.join(baseline.uri, SERVING_MODEL))),
  };
  const splits = exampleSplits(execProperties.example_splits, log);
  const extracted = await extractExamples(config, examples, splits, models, signal);
  log(`Evaluated ${extracted.numExamples} examples in ${extracted.slices.length} slices`);

  const results = evaluateSlices(config, metrics, extracted.examples, extracted.slices);
  const validation = validateMetrics(config, metrics, results);
  const modelLocations = {
    [config.candidate.name]: model.uri,
    ...(baseline && config.baseline && { [config.baseline.name]: baseline.uri }),
  };
  await writeEvaluation(evaluation.uri, config, { dataLocation: examples.uri, modelLocations }, results, validation);
  logOverall(results, log);
  log(`Evaluation complete. Results written to ${evaluation.uri}.`);

  if (!hasThresholds(config)) {
    log("No threshold configured, will not validate model.");
    return;
  }
  logFailures(validation, log);
  await bless(singleArtifact(outputs, "blessing"), validation.validationOk, model, baseline, log);
};

function oneModel(inputs: ArtifactLists, key: string): Artifact | undefined {
  const count = inputs[key]?.length ?? 0;
  if (count > 1) throw new Error(`There can be only one ${key.replace("_", " ")}, there are ${count}.`);
  return optionalArtifact(inputs, key);
}

function exampleSplits(property: Json | undefined, log: Log): string[] {
  if (Array.isArray(property) && property.length > 0) return property.map(String);
  log("The 'example_splits' parameter is not set, using 'eval' split.");
  return ["eval"];
}

async function bless(
  blessing: Artifact,
  isBlessed: boolean,
  model: Artifact,
  baseline: Artifact | undefined,
  log: Log,
): Promise<void> {
  Object.assign(blessing.customProperties, {
    current_model: model.uri,
    ...(model.id !== undefined && { current_model_id: model.id }),
    ...(baseline && { baseline_model: baseline.uri }),
    ...(baseline?.id !== undefined && { baseline_model_id: baseline.id }),
    blessed: isBlessed ? 1 : 0,
  });
  await writeFile(path.join(blessing.uri, isBlessed ? "BLESSED" : "NOT_BLESSED"), "");
  log(`Blessing result ${isBlessed ? "True" : "False"} written to ${blessing.uri}.`);
}

function logOverall(results: readonly SliceMetrics[], log: Log): void {
  const overall = results.find(({ sliceKey }) => sliceKey.length === 0);
  for (const { key, value } of overall?.metrics ?? []) {
    if (typeof value !== "number") continue;
    const name = [key.modelName, key.name].filter(Boolean).join(" ");
    log(`${name}${key.isDiff ? " (difference)" : ""}: ${value}`);
  }
}

function logFailures({ failuresPerSlice, missingSlices }: ValidationResult, log: Log): void {
  const failures = failuresPerSlice.flatMap(({ sliceKey, failures: ofSlice }) =>
    ofSlice.map((failure) => `${sliceName(sliceKey)}: ${failureText(failure)}`),
  );
  for (const failure of failures.slice(0, SHOWN_FAILURES)) log(`Threshold missed for ${failure}`);
  if (failures.length > SHOWN_FAILURES) log(`… and ${failures.length - SHOWN_FAILURES} more`);
  for (const spec of missingSlices) log(`No slice belongs to ${JSON.stringify(spec)}, which a threshold is set for`);
}

function failureText({ key, threshold, value, message }: ValidationFailure): string {
  const measured = value === undefined ? "" : ` is ${value}`;
  const what = `${key.name}${key.isDiff ? " (difference to the baseline)" : ""}${measured}`;
  return `${what}, wanted ${JSON.stringify(threshold)}${message ? `; ${message}` : ""}`;
}
