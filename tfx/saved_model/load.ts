import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Batch } from "../data/columns.ts";
import { batchSource } from "../transform/evaluate.ts";
import { TransformFunction } from "../transform/transform-function.ts";
import type { Value } from "../transform/values.ts";
import { EXTRA_FILES, EXTRA_FOLDER } from "./export.ts";
import { evaluateLayers, type LayerGraph, type ModelInput, readLayerGraph, type WeightSpec } from "./layer-graph.ts";
import type { Activations } from "./layers/layer.ts";

/** A model that `exportSavedModel` wrote, run in this process without TensorFlow. */
export interface ServingModel {
  readonly signatureNames: readonly string[];
  /** The outputs of `serving_default`: `outputs`, or the output layers' names when there are several. */
  readonly outputNames: readonly string[];
  /** The raw features that predictions are made from. */
  readonly featureNames: readonly string[];
  /** Predictions for raw examples, as `serving_default` gives them: by output, `values` row-major. */
  predict(batch: Batch): Promise<Readonly<Record<string, Activations>>>;
  /** Transformed features of raw examples, as `transform_features` gives them. */
  transform(batch: Batch): Batch;
}

/**
 * Loads a model that `exportSavedModel` wrote from its folder. Its predictions agree with TensorFlow's on the same
 * SavedModel to 1e-5.
 * @throws when the folder holds no model, or one that was not written here
 */
export async function loadServingModel(directory: string): Promise<ServingModel> {
  const folder = path.join(directory, "assets.extra", EXTRA_FOLDER);
  if (!existsSync(path.join(directory, "saved_model.pb"))) throw new Error(`There is no SavedModel in ${directory}`);
  if (!existsSync(path.join(folder, EXTRA_FILES.model))) {
    throw new Error(`The SavedModel in ${directory} was not written by exportSavedModel() and cannot be run here`);
  }
  const assets = path.join(directory, "assets");
  const transform = await TransformFunction.read(path.join(folder, EXTRA_FILES.transform), assets);
  const inputsFile = path.join(folder, EXTRA_FILES.modelInputs);
  const modelInputs = existsSync(inputsFile) ? await TransformFunction.read(inputsFile, assets) : undefined;
  return servingModel(transform, modelInputs, await readLayers(folder));
}

async function readLayers(folder: string): Promise<LayerGraph> {
  const model = JSON.parse(await readFile(path.join(folder, EXTRA_FILES.model), "utf8")) as {
    readonly modelTopology: object;
    readonly weightsManifest: readonly { readonly weights: readonly WeightSpec[] }[];
  };
  const bytes = await readFile(path.join(folder, EXTRA_FILES.weights));
  return readLayerGraph({
    modelTopology: model.modelTopology,
    weightSpecs: model.weightsManifest.flatMap(({ weights }) => weights),
    weightData: new Uint8Array(bytes).buffer,
  });
}

function servingModel(
  transform: TransformFunction,
  modelInputs: TransformFunction | undefined,
  layers: LayerGraph,
): ServingModel {
  const inputNames = layers.inputs.map(({ name }) => name);
  const transformed = modelInputs ? Object.keys(modelInputs.inputSpecs(inputNames)) : inputNames;
  const isSingle = layers.outputs.length === 1;
  return {
    signatureNames: ["serving_default", "transform_features"],
    outputNames: isSingle ? ["outputs"] : layers.outputs,
    featureNames: Object.keys(transform.inputSpecs(transformed)),
    async predict(batch) {
      const { numRows } = batch;
      let features = transform.evaluate(batchSource(batch), transformed);
      if (modelInputs) {
        const given = features;
        features = modelInputs.evaluate({ numRows, feature: (name) => given[name]! }, inputNames);
      }
      const inputs = layers.inputs.map(
        (input) => [input.name, inputActivations(input, features[input.name]!)] as const,
      );
      const outputs = Object.entries(evaluateLayers(layers, Object.fromEntries(inputs), numRows));
      return Object.fromEntries(outputs.map(([name, output]) => [isSingle ? "outputs" : name, output]));
    },
    transform: (batch) => transform.transformBatch(batch),
  };
}

function inputActivations({ shape }: ModelInput, { values }: Value): Activations {
  const numbers = values instanceof Float32Array ? values : Float32Array.from(values as ArrayLike<number>, Number);
  return { values: numbers, shape };
}
