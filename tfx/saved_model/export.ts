import { rowWidth } from "../transform/tensor.ts";
import { type FeatureFunction, traceFunction } from "../transform/trace.ts";
import { TransformFunction } from "../transform/transform-function.ts";
import type { TransformOutput } from "../transform/transform-output.ts";
import { GraphBuilder, type GraphTensor } from "./graph-builder.ts";
import {
  emitLayers,
  joined,
  type LayerGraph,
  type ModelArtifacts,
  type ModelInput,
  readLayerGraph,
} from "./layer-graph.ts";
import { sizeOf } from "./layers/layer.ts";
import { emitTransform, transformSignature } from "./transform-signature.ts";
import { type Signature, writeSavedModel } from "./write.ts";

/** What tfjs expects a save handler to say of what it saved. */
interface SaveResult {
  readonly modelArtifactsInfo: { dateSaved: Date; modelTopologyType: "JSON" };
}

/** What a layers model of tfjs (`tf.LayersModel`) has; taken by shape, so that no TensorFlow need be loaded. */
export interface SavableModel {
  save(handler: { save(artifacts: ModelArtifacts): Promise<SaveResult> }): Promise<unknown>;
}

export interface ExportOptions {
  /** A trained layers model. Its inputs have the names of transformed features, or of what `modelInputs` makes. */
  readonly model: SavableModel;
  /** The transform that made the training data; it is built into the served graph. */
  readonly transformOutput: TransformOutput;
  /** The folder that becomes the SavedModel, such as `fnArgs.servingModelDir`. */
  readonly directory: string;
  /**
   * Makes the model's inputs from transformed features, for models whose inputs are not simply features. Written like
   * a `preprocessingFn`, without analyzers.
   */
  readonly modelInputs?: FeatureFunction;
}

/** Where the files for running the model without TensorFlow are, under `assets.extra/`. */
export const EXTRA_FOLDER = "daisy";
export const EXTRA_FILES = {
  transform: "transform.json",
  modelInputs: "model_inputs.json",
  model: "model.json",
  weights: "weights.bin",
} as const;

/**
 * Writes a trained model with its transform as a SavedModel that TensorFlow, TensorFlow Serving and tfjs-node load.
 * Both signatures take serialized tf.Examples of raw features as `examples`, a string tensor `[batch]`:
 * `serving_default` gives the model's output as `outputs` (a model of several outputs: each under its layer's name) and
 * needs only the raw features that the model depends on, so no label; `transform_features` gives all transformed
 * features.
 * @throws when the model has a layer that cannot be exported, or an input that no feature feeds
 */
export async function exportSavedModel(options: ExportOptions): Promise<void> {
  const { transformOutput, directory } = options;
  const artifacts = await artifactsOf(options.model);
  const layers = readLayerGraph(artifacts);
  const transform = transformOutput.transform;
  const modelInputs = options.modelInputs && traceModelInputs(options.modelInputs, transformOutput);
  checkInputs(layers, modelInputs ?? transform);

  const graph = new GraphBuilder();
  const signatures = {
    serving_default: servingSignature(graph, transform, modelInputs, layers),
    transform_features: transformSignature(graph, transform),
  };
  await writeSavedModel(directory, {
    graph,
    signatures,
    assets: transform.assets(),
    extra: extraFiles(transform, modelInputs, artifacts),
  });
}

function traceModelInputs(run: FeatureFunction, transformOutput: TransformOutput): TransformFunction {
  const graph = traceFunction("modelInputs", run, transformOutput.transformedFeatureSpec());
  const analyzer = graph.nodes.find(({ operation }) => operation.startsWith("analyzer:"));
  if (analyzer)
    throw new Error(`modelInputs uses ${analyzer.operation}; analyzers belong into the preprocessing function`);
  return new TransformFunction(graph, new Map());
}

async function artifactsOf(model: SavableModel): Promise<ModelArtifacts> {
  let saved: ModelArtifacts | undefined;
  await model.save({
    save: async (artifacts) => {
      saved = artifacts;
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: "JSON" } };
    },
  });
  if (!saved) throw new Error("The model's save() gave no artifacts");
  return saved;
}

/** Each input of the model must be fed by a feature of as many numbers. */
function checkInputs(layers: LayerGraph, features: TransformFunction): void {
  for (const { name, shape } of layers.inputs) {
    if (!features.outputNames.includes(name)) {
      throw new Error(`The model's input "${name}" is not a feature; there are ${features.outputNames.join(", ")}`);
    }
    const spec = features.outputSpec(name);
    if (spec.dtype === "string" || rowWidth(spec.shape) !== sizeOf(shape)) {
      throw new Error(
        `The model's input "${name}" takes ${sizeOf(shape)} number(s), the feature has ${rowWidth(spec.shape)} of type ${spec.dtype}`,
      );
    }
  }
}

function servingSignature(
  graph: GraphBuilder,
  transform: TransformFunction,
  modelInputs: TransformFunction | undefined,
  layers: LayerGraph,
): Signature {
  const names = layers.inputs.map(({ name }) => name);
  const examples = graph.placeholder("serving_default_examples", "string", [null]);
  const wanted = modelInputs ? Object.keys(modelInputs.inputSpecs(names)) : names;
  const transformed = emitTransform(graph, examples, transform, wanted);
  const features = modelInputs ? modelInputs.emit(graph, emittedFeatures(transformed), names) : transformed;
  const inputs = layers.inputs.map((input) => [input.name, inputTensor(graph, input, features[input.name]!)] as const);
  const results = Object.entries(emitLayers(graph, layers, Object.fromEntries(inputs)));
  const outputs = results.map(([name, tensor]) => [results.length === 1 ? "outputs" : name, tensor] as const);
  return { inputs: { examples }, outputs: Object.fromEntries(outputs) };
}

function emittedFeatures(features: Readonly<Record<string, GraphTensor>>) {
  return Object.fromEntries(Object.entries(features).map(([name, values]) => [name, { values }]));
}

/** A feature in the type and shape that the model's input has. */
function inputTensor(graph: GraphBuilder, { name, shape, dtype }: ModelInput, feature: GraphTensor): GraphTensor {
  return graph.reshape(`${name}/input`, graph.cast(`${name}/cast`, feature, dtype), [null, ...shape]);
}

/** What `loadServingModel` runs the model from; the layers are in the files of `tf.loadLayersModel`. */
function extraFiles(
  transform: TransformFunction,
  modelInputs: TransformFunction | undefined,
  artifacts: ModelArtifacts,
): Record<string, Uint8Array | string> {
  const weightsManifest = [{ paths: [EXTRA_FILES.weights], weights: artifacts.weightSpecs ?? [] }];
  const model = { format: "layers-model", modelTopology: artifacts.modelTopology, weightsManifest };
  return {
    [`${EXTRA_FOLDER}/${EXTRA_FILES.transform}`]: transform.toJson(),
    ...(modelInputs && { [`${EXTRA_FOLDER}/${EXTRA_FILES.modelInputs}`]: modelInputs.toJson() }),
    [`${EXTRA_FOLDER}/${EXTRA_FILES.model}`]: JSON.stringify(model),
    [`${EXTRA_FOLDER}/${EXTRA_FILES.weights}`]: new Uint8Array(joined(artifacts.weightData)),
  };
}
