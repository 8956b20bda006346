// What a `runFn` trains with. Importing this loads neither TensorFlow nor protobuf; calling it does.

import type { LayersModel } from "@tensorflow/tfjs";
import type { ExampleDataset } from "./example-dataset.ts";
import type { FitOptions, FitResult } from "./fit-model.ts";

/**
 * Trains a compiled layers model on batches of a dataset, with its own optimizer, loss and metrics.
 *
 * @example
 * ```ts
 * model.compile({ optimizer: tf.train.adam(0.001), loss: "binaryCrossentropy", metrics: ["binaryAccuracy"] });
 * await fitModel(model, trainDataset, { steps: 10_000, validationData: evalDataset, tensorBoard: fnArgs.modelRunDir });
 * ```
 * @throws when the loss stops being a number, or the data lacks an input of the model
 */
export async function fitModel(model: LayersModel, dataset: ExampleDataset, options: FitOptions): Promise<FitResult> {
  const module = await import("./fit-model.ts");
  return module.fitModel(model, dataset, options);
}

export type { LayersModel, SymbolicTensor } from "@tensorflow/tfjs";
export { loadTensorflow, type TensorflowApi, type TensorflowRuntime } from "../tensorflow.ts";
export type { DatasetOptions, DenseFeature, ExampleDataset } from "./example-dataset.ts";
export type { FitOptions, FitResult } from "./fit-model.ts";
