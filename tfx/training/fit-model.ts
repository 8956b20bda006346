import path from "node:path";
import type { LayersModel, Tensor } from "@tensorflow/tfjs";
import { EventWriter } from "../tensorboard/event-writer.ts";
import { describeRuntime, loadTensorflow } from "../tensorflow.ts";
import type { ExampleDataset } from "./example-dataset.ts";
import { StepRunner } from "./step-runner.ts";

export interface FitOptions {
  /** Training steps, each on one batch. */
  readonly steps: number;
  readonly validationData?: ExampleDataset;
  /** Batches to evaluate on after training. @default one pass over the validation data */
  readonly validationSteps?: number;
  /** A folder for TensorBoard logs: scalars go to `train` and `validation` under it. */
  readonly tensorBoard?: string;
  readonly log?: (message: string) => void;
  readonly signal?: AbortSignal;
}

/** Mean loss and metrics by name (`loss`, `binaryAccuracy`), over all training steps and over the validation. */
export interface FitResult {
  readonly train: Readonly<Record<string, number>>;
  readonly validation?: Readonly<Record<string, number>>;
}

const STEPS_BETWEEN_MESSAGES = 1000;

/** What TensorFlow.js compiles a model to; public there only by way of `fit`. */
interface CompiledModel {
  makeTrainFunction(): (data: Tensor[]) => Tensor[];
  makeTestFunction(): void;
  readonly testFunction: (data: Tensor[]) => Tensor[];
  readonly metricsNames: string[];
}

/**
 * Trains a compiled model, as Keras's `fit` does for one epoch: the same steps as `model.fitDataset`, with the model's
 * optimizer, loss and metrics, but many at a time where the native runtime can.
 *
 * @example
 * ```ts
 * model.compile({ optimizer: tf.train.adam(0.001), loss: "binaryCrossentropy", metrics: ["binaryAccuracy"] });
 * await fitModel(model, trainDataset, { steps: 10_000, validationData: evalDataset, tensorBoard: fnArgs.modelRunDir });
 * ```
 * @throws when the loss stops being a number, saying at which step
 */
export async function fitModel(model: LayersModel, dataset: ExampleDataset, options: FitOptions): Promise<FitResult> {
  const { steps, validationData, tensorBoard, log = console.log } = options;
  if (!Number.isInteger(steps) || steps < 1) {
    throw new Error(`Training takes a whole number of at least 1 steps, got ${steps}`);
  }
  const runtime = await loadTensorflow();
  log(`Training ${steps} steps of ${dataset.batchSize} examples with ${describeRuntime(runtime)}`);
  const train = await trainSteps(model, dataset, options, log);
  if (!validationData) return { train };

  const validation = await evaluateModel(model, validationData, options);
  log(`Validation: ${showMetrics(validation)}`);
  if (tensorBoard) {
    const events = await EventWriter.open(path.join(tensorBoard, "validation"));
    writeEpoch(events, validation, steps);
    await events.close();
  }
  return { train, validation };
}

async function trainSteps(
  model: LayersModel,
  dataset: ExampleDataset,
  { steps, tensorBoard, signal }: FitOptions,
  log: (message: string) => void,
): Promise<Record<string, number>> {
  const runtime = await loadTensorflow();
  const compiled = model as unknown as CompiledModel;
  const trainOnBatch = compiled.makeTrainFunction();
  const runner = new StepRunner(runtime, (args) => trainOnBatch([...args]), dataset.source(model.inputNames), {
    log,
    signal,
  });
  const events = tensorBoard ? await EventWriter.open(path.join(tensorBoard, "train")) : undefined;
  const started = performance.now();
  try {
    const means = await runner.run(steps, (done, current) => {
      const metrics = byName(compiled, current);
      if (!Number.isFinite(metrics.loss)) throw new Error(`The loss is ${metrics.loss} after ${done} steps`);
      for (const [name, value] of Object.entries(metrics)) events?.scalar(`batch_${name}`, value, done);
      if (done % STEPS_BETWEEN_MESSAGES === 0 || done === steps) {
        log(`Step ${done}/${steps}: ${showMetrics(metrics)}`);
      }
    });
    log(`Trained in ${((performance.now() - started) / 1000).toFixed(1)} s`);
    const metrics = byName(compiled, means);
    if (events) writeEpoch(events, metrics, steps);
    return metrics;
  } finally {
    runner.dispose();
    await events?.close();
  }
}

/** The model's loss and metrics over batches of a dataset, without training on them. */
export async function evaluateModel(
  model: LayersModel,
  dataset: ExampleDataset,
  { validationSteps, log = console.log, signal }: Pick<FitOptions, "validationSteps" | "log" | "signal"> = {},
): Promise<Record<string, number>> {
  const runtime = await loadTensorflow();
  const compiled = model as unknown as CompiledModel;
  compiled.makeTestFunction();
  const step = (args: readonly Tensor[]): Tensor[] => compiled.testFunction([...args]);
  const runner = new StepRunner(runtime, step, dataset.source(model.inputNames), { log, signal });
  try {
    const steps = validationSteps ?? Math.ceil(dataset.numExamples / dataset.batchSize);
    return byName(compiled, await runner.run(steps));
  } finally {
    runner.dispose();
  }
}

function byName(model: CompiledModel, values: readonly number[]): Record<string, number> {
  return Object.fromEntries(model.metricsNames.map((name, index) => [name, values[index] ?? Number.NaN]));
}

function showMetrics(metrics: Readonly<Record<string, number>>): string {
  return Object.entries(metrics)
    .map(([name, value]) => `${name} ${value.toFixed(4)}`)
    .join(", ");
}

/** Keras's names of what it writes at the end of an epoch. */
function writeEpoch(events: EventWriter, metrics: Readonly<Record<string, number>>, step: number): void {
  for (const [name, value] of Object.entries(metrics)) events.scalar(`epoch_${name}`, value, step);
}
