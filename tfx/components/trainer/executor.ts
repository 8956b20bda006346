import { existsSync } from "node:fs";
import path from "node:path";
import { type ArtifactLists, optionalArtifact, singleArtifact } from "../../types/artifact.ts";
import type { Execute, ExecutorContext, Json } from "../executor.ts";
import { loadFunction } from "../load-module.ts";
import { dataAccessor, splitPatterns } from "./data-accessor.ts";
import type { FnArgs, RunFn } from "./fn-args.ts";

const SERVING_MODEL = "Format-Serving";
const SCHEMA_FILE = "schema.pbtxt";

/** TFX's generic Trainer: everything is the user's `runFn`; a run without a SavedModel at the end is a failure. */
export const execute: Execute = async (inputs, outputs, execProperties, context) => {
  const runFn = await findRunFn(execProperties);
  const model = singleArtifact(outputs, "model");
  const fnArgs = fnArgsOf(inputs, outputs, execProperties, context);
  context.log(`Training with ${runFnName(execProperties)}`);
  await runFn(fnArgs);
  context.signal.throwIfAborted();
  if (!existsSync(path.join(fnArgs.servingModelDir, "saved_model.pb"))) {
    throw new Error(`runFn failed to generate model. Expected a SavedModel in ${fnArgs.servingModelDir}.`);
  }
  context.log(`Training complete. Model written to ${model.uri}. ModelRun written to ${fnArgs.modelRunDir}`);
};

function fnArgsOf(
  inputs: ArtifactLists,
  outputs: ArtifactLists,
  execProperties: Readonly<Record<string, Json>>,
  { temporaryDirectory, log, signal }: ExecutorContext,
): FnArgs {
  const examples = singleArtifact(inputs, "examples");
  const train = stepArgs(execProperties.train_args, ["train"]);
  const evaluation = stepArgs(execProperties.eval_args, ["eval"]);
  const transformGraph = optionalArtifact(inputs, "transform_graph")?.uri;
  const schema = optionalArtifact(inputs, "schema");
  const baseModel = optionalArtifact(inputs, "base_model");
  return {
    workingDir: temporaryDirectory,
    trainFiles: splitPatterns(examples, train.splits),
    evalFiles: splitPatterns(examples, evaluation.splits),
    trainSteps: train.numSteps,
    evalSteps: evaluation.numSteps,
    schemaPath: schema && path.join(schema.uri, SCHEMA_FILE),
    transformGraphPath: transformGraph,
    transformOutput: transformGraph,
    dataAccessor: dataAccessor(examples, [...new Set([...train.splits, ...evaluation.splits])], signal),
    servingModelDir: path.join(singleArtifact(outputs, "model").uri, SERVING_MODEL),
    modelRunDir: singleArtifact(outputs, "model_run").uri,
    baseModel: baseModel && path.join(baseModel.uri, SERVING_MODEL),
    customConfig: execProperties.custom_config as FnArgs["customConfig"],
    log,
    signal,
  };
}

function stepArgs(property: Json | undefined, defaultSplits: string[]): { splits: string[]; numSteps?: number } {
  const { splits, num_steps } = (property ?? {}) as { splits?: string[]; num_steps?: number };
  return { splits: splits && splits.length > 0 ? splits : defaultSplits, numSteps: num_steps || undefined };
}

function runFnName(execProperties: Readonly<Record<string, Json>>): string {
  return String(execProperties.run_fn ?? `runFn of ${execProperties.module_file}`);
}

async function findRunFn({ module_file, run_fn }: Readonly<Record<string, Json>>): Promise<RunFn> {
  const [, file, name] = /^(.+):(\w+)$/.exec(String(run_fn ?? "")) ?? [undefined, module_file, "runFn"];
  if (typeof file !== "string" || !name) {
    throw new Error("Trainer needs module_file, or run_fn as <file>:<export>; got neither");
  }
  return loadFunction<RunFn>(file, name);
}
