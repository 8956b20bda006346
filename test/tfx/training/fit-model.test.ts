import { mkdtemp, readdir } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { LayersModel, SymbolicTensor, Tensor } from "@tensorflow/tfjs";
import test from "ava";
import { readTfRecords } from "#tfx/data/tfrecord.ts";
import { Event } from "#tfx/tensorboard/event-writer.ts";
import { loadTensorflow, type TensorflowRuntime } from "#tfx/tensorflow.ts";
import { type DenseFeature, ExampleDataset } from "#tfx/training/example-dataset.ts";
import { evaluateModel, fitModel } from "#tfx/training/fit-model.ts";
import { StepRunner } from "#tfx/training/step-runner.ts";

const EXAMPLES = 200;

/** The label is 1 for even categories, unless the number is below −1. */
function data(): ExampleDataset {
  const numbers = Float32Array.from({ length: EXAMPLES }, (_, index) => Math.sin(index) * 2);
  const categories = Int32Array.from({ length: EXAMPLES }, (_, index) => index % 7);
  const labels = categories.map((category, index) => (category % 2 === 0 && numbers[index]! > -1 ? 1 : 0));
  const features = new Map<string, DenseFeature>([
    ["number", { dtype: "float32", width: 1, values: numbers }],
    ["category", { dtype: "int32", width: 1, values: categories }],
    ["label", { dtype: "float32", width: 1, values: Float32Array.from(labels) }],
  ]);
  return new ExampleDataset(EXAMPLES, features, { batchSize: 10, labelKey: "label" });
}

interface ModelOptions {
  readonly optimizer?: "adam" | "sgd" | "rmsprop" | "momentum";
  readonly dropout?: boolean;
  readonly learningRate?: number;
}

function build({ tf }: TensorflowRuntime, options: ModelOptions = {}): LayersModel {
  const { optimizer = "adam", dropout = false, learningRate = 0.01 } = options;
  const kernelInitializer = tf.initializers.glorotUniform({ seed: 5 });
  const number = tf.input({ name: "number", shape: [1] });
  const category = tf.input({ name: "category", shape: [1], dtype: "int32" });
  const embeddingsInitializer = tf.initializers.zeros();
  const embedded = tf.layers.embedding({ inputDim: 7, outputDim: 1, embeddingsInitializer }).apply(category);
  const wide = tf.layers.flatten().apply(embedded) as SymbolicTensor;
  let deep = tf.layers.dense({ units: 8, activation: "relu", kernelInitializer }).apply(number) as SymbolicTensor;
  if (dropout) deep = tf.layers.dropout({ rate: 0.5 }).apply(deep) as SymbolicTensor;
  const both = tf.layers.concatenate().apply([wide, deep]);
  const output = tf.layers.dense({ units: 1, activation: "sigmoid", kernelInitializer }).apply(both) as SymbolicTensor;
  const model = tf.model({ inputs: [number, category], outputs: output });
  const made = optimizer === "momentum" ? tf.train.momentum(learningRate, 0.9) : tf.train[optimizer](learningRate);
  model.compile({ optimizer: made, loss: "binaryCrossentropy", metrics: ["binaryAccuracy"] });
  return model;
}

/** Trains as `fitModel` does, on the given runtime; returns the mean results and the weights. */
async function train(runtime: TensorflowRuntime, model: LayersModel, steps: number, log: (line: string) => void) {
  const trainable = model as unknown as { makeTrainFunction(): (data: Tensor[]) => Tensor[] };
  const step = trainable.makeTrainFunction();
  const runner = new StepRunner(runtime, (args) => step([...args]), data().source(model.inputNames), { log });
  const means = await runner.run(steps);
  runner.dispose();
  return { means, weights: model.getWeights().map((weight) => [...weight.dataSync()]) };
}

function assertClose(actual: readonly number[], expected: readonly number[], tolerance: number): boolean {
  return actual.length === expected.length && actual.every((value, i) => Math.abs(value - expected[i]!) <= tolerance);
}

for (const optimizer of ["adam", "sgd", "rmsprop", "momentum"] as const) {
  test.serial(`with ${optimizer}, the loop trains the same weights as one step after another`, async (t) => {
    const runtime = await loadTensorflow();
    if (!runtime.node) return void t.pass("the native runtime is not installed");
    const lines: string[] = [];
    const log = (line: string): void => void lines.push(line);
    const looped = await train(runtime, build(runtime, { optimizer }), 250, log);
    const stepped = await train({ ...runtime, node: undefined }, build(runtime, { optimizer }), 250, log);
    t.deepEqual(lines, [], "nothing fell back to single steps");
    t.true(assertClose(looped.means, stepped.means, 1e-4), `${looped.means} and ${stepped.means}`);
    for (const [index, weights] of looped.weights.entries()) {
      t.true(assertClose(weights, stepped.weights[index]!, 1e-3), `weight ${index}`);
    }
  });
}

test.serial("a model with dropout, whose steps differ, trains step by step", async (t) => {
  const runtime = await loadTensorflow();
  if (!runtime.node) return void t.pass("the native runtime is not installed");
  const lines: string[] = [];
  await train(runtime, build(runtime, { dropout: true }), 120, (line) => lines.push(line));
  t.deepEqual(lines, ["Steps run one by one: two steps differ, as with dropout"]);
});

test.serial("a fit learns, says so, and leaves its scalars for TensorBoard", async (t) => {
  const runtime = await loadTensorflow();
  const folder = await mkdtemp(path.join(os.tmpdir(), "fit-"));
  const model = build(runtime);
  const lines: string[] = [];
  const before = await evaluateModel(model, data(), { log: () => {} });
  const result = await fitModel(model, data(), {
    steps: 1000,
    validationData: data(),
    tensorBoard: folder,
    log: (line) => lines.push(line),
  });
  t.true(result.validation!.loss! < before.loss! / 2, `${result.validation!.loss} after ${before.loss}`);
  t.true(result.validation!.binaryAccuracy! > 0.9);
  t.true(lines.some((line) => line.startsWith("Step 1000/1000: loss ")));

  t.deepEqual((await readdir(folder)).sort(), ["train", "validation"]);
  const tags = new Set<string>();
  for (const run of ["train", "validation"]) {
    const [file] = await readdir(path.join(folder, run));
    for await (const record of readTfRecords(path.join(folder, run, file!))) {
      for (const { tag } of Event.decode(record).summary?.value ?? []) tags.add(`${run} ${tag}`);
    }
  }
  t.deepEqual([...tags].sort(), [
    "train batch_binaryAccuracy",
    "train batch_loss",
    "train epoch_binaryAccuracy",
    "train epoch_loss",
    "validation epoch_binaryAccuracy",
    "validation epoch_loss",
  ]);
});

test.serial("training leaves no tensors behind", async (t) => {
  const runtime = await loadTensorflow();
  const model = build(runtime);
  await fitModel(model, data(), { steps: 150, validationData: data(), log: () => {} });
  const { numTensors } = runtime.tf.memory();
  await fitModel(model, data(), { steps: 350, validationData: data(), log: () => {} });
  t.is(runtime.tf.memory().numTensors, numTensors);
});

test.serial("a loss that is not a number ends the training", async (t) => {
  const runtime = await loadTensorflow();
  // WebAssembly's minimum and maximum make numbers out of NaN again.
  if (!runtime.node) return void t.pass("the native runtime is not installed");
  const model = build(runtime, { optimizer: "sgd", learningRate: Number.NaN });
  await t.throwsAsync(fitModel(model, data(), { steps: 300, log: () => {} }), {
    message: /The loss is NaN after \d+ steps/,
  });
});

test.serial("training stops between two parts when it is aborted", async (t) => {
  const runtime = await loadTensorflow();
  const stop = new AbortController();
  const log = (line: string): void => {
    if (line.startsWith("Step 1000/")) stop.abort(new Error("stopped"));
  };
  const fit = fitModel(build(runtime), data(), { steps: 1_000_000, log, signal: stop.signal });
  await t.throwsAsync(fit, { message: "stopped" });
});

test.serial("a number of steps that is none is refused", async (t) => {
  const model = build(await loadTensorflow());
  await t.throwsAsync(fitModel(model, data(), { steps: 0 }), { message: /at least 1 steps, got 0/ });
});
