import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import type { LayersModel, SymbolicTensor } from "@tensorflow/tfjs";
import test from "ava";
import fc from "fast-check";
import { type ExportOptions, exportSavedModel } from "#tfx/saved_model/export.ts";
import { loadServingModel } from "#tfx/saved_model/load.ts";
import { loadTensorflow, type TensorflowApi } from "#tfx/tensorflow.ts";
import { ops, type TransformInputs, tft } from "#tfx/transform/index.ts";
import type { FeatureFunction } from "#tfx/transform/trace.ts";
import { writeTransformGraph } from "#tfx/transform/transform-graph.ts";
import { TransformOutput } from "#tfx/transform/transform-output.ts";
import { temporaryFolder } from "../helpers/execution.ts";
import { type Row, rowsBatch, serializedExamples, transformOf } from "../transform/transforms.ts";
import { judges } from "./judges.ts";

/** The schema of the test features; `g` plays the label. */
const SCHEMA = {
  feature: [
    { name: "f", type: "FLOAT" },
    { name: "g", type: "FLOAT" },
    { name: "i", type: "INT" },
    { name: "s", type: "BYTES" },
    { name: "fixed", type: "FLOAT", shape: { dim: [{ size: 1 }] }, presence: { min_fraction: 1 } },
  ],
} as const;

const rows: Row[] = fc.sample(
  fc.record(
    {
      f: fc.integer({ min: -400, max: 400 }).map((value) => value / 100),
      g: fc.constantFrom(0, 1),
      i: fc.integer({ min: -2, max: 12 }),
      s: fc.constantFrom("Cash", "Credit Card", "", "Pcard", "another"),
      fixed: fc.integer({ min: -100, max: 100 }).map((value) => value / 50),
    },
    { requiredKeys: ["fixed", "s"] },
  ),
  { numRuns: 200, seed: 7 },
);

function preprocessingFn({ f, g, i, s, fixed }: TransformInputs) {
  return {
    f_xf: tft.scaleToZScore(ops.sparseToDense(f!, 0)),
    i_xf: ops.squeeze(ops.sparseToDense(i!, 0)),
    s_xf: tft.computeAndApplyVocabulary(ops.sparseToDense(s!, ""), { numOovBuckets: 3 }),
    fixed: fixed!,
    label: ops.sparseToDense(g!, 0),
  };
}

async function transformOutput(folder: string, run: FeatureFunction = preprocessingFn): Promise<TransformOutput> {
  await writeTransformGraph(folder, await transformOf(run, [rowsBatch(rows)]), SCHEMA);
  return TransformOutput.load(folder);
}

type Inputs = Readonly<Record<"f_xf" | "i_xf" | "s_xf" | "fixed", SymbolicTensor>>;

/** A model over the test features, its weights drawn so that nothing stays 0. */
function modelOf(tf: TensorflowApi, connect: (inputs: Inputs) => SymbolicTensor | SymbolicTensor[]): LayersModel {
  const inputs = {
    f_xf: tf.input({ name: "f_xf", shape: [1] }),
    fixed: tf.input({ name: "fixed", shape: [1] }),
    i_xf: tf.input({ name: "i_xf", shape: [1], dtype: "int32" }),
    s_xf: tf.input({ name: "s_xf", shape: [1], dtype: "int32" }),
  };
  const model = tf.model({ inputs: Object.values(inputs), outputs: connect(inputs) });
  const drawn = model.getWeights().map((weight, index) => tf.randomUniform(weight.shape, 0.1, 0.9, "float32", index));
  model.setWeights(drawn);
  return model;
}

const apply = (layer: { apply(inputs: SymbolicTensor | SymbolicTensor[]): unknown }, ...inputs: SymbolicTensor[]) =>
  layer.apply(inputs.length === 1 ? inputs[0]! : inputs) as SymbolicTensor;

/** A small network around each layer that can be exported; its input is two floats. */
const LAYERS: Record<string, (tf: TensorflowApi, both: SymbolicTensor, inputs: Inputs) => SymbolicTensor> = {
  ...Object.fromEntries(
    [
      "linear",
      "relu",
      "relu6",
      "elu",
      "selu",
      "sigmoid",
      "hardSigmoid",
      "softplus",
      "softsign",
      "tanh",
      "softmax",
      "swish",
    ].map((activation) => [
      `dense with ${activation}`,
      (tf: TensorflowApi, both: SymbolicTensor) =>
        apply(tf.layers.dense({ units: 4, activation: activation as "relu" }), both),
    ]),
  ),
  "dense without bias": (tf, both) => apply(tf.layers.dense({ units: 3, useBias: false }), both),
  "activation layers": (tf, both) =>
    apply(
      tf.layers.softmax(),
      apply(tf.layers.leakyReLU({ alpha: 0.2 }), apply(tf.layers.reLU({ maxValue: 1 }), both)),
    ),
  "layers of training": (tf, both) =>
    apply(tf.layers.gaussianNoise({ stddev: 1 }), apply(tf.layers.dropout({ rate: 0.5 }), both)),
  "batch normalization": (tf, both) => apply(tf.layers.batchNormalization(), both),
  rescaling: (tf, both) => apply(tf.layers.rescaling({ scale: 0.5, offset: -1 }), both),
  merges: (tf, both) => {
    const [a, b] = [3, 3].map((units) => apply(tf.layers.dense({ units }), both)) as [SymbolicTensor, SymbolicTensor];
    const merged = [
      tf.layers.add(),
      tf.layers.multiply(),
      tf.layers.average(),
      tf.layers.maximum(),
      tf.layers.minimum(),
    ];
    return apply(tf.layers.concatenate(), ...merged.map((layer) => apply(layer, a, b)));
  },
  "reshape and flatten": (tf, both) => {
    const four = apply(tf.layers.dense({ units: 4 }), both);
    return apply(tf.layers.flatten(), apply(tf.layers.reshape({ targetShape: [2, 2] }), four));
  },
  embeddings: (tf, both, { s_xf }) => {
    const rows = apply(tf.layers.embedding({ inputDim: 8, outputDim: 3 }), s_xf);
    return apply(tf.layers.concatenate(), both, apply(tf.layers.globalAveragePooling1d({}), rows));
  },
};

test("every layer that can be exported gives tfjs's, our and TensorFlow's same numbers", async (t) => {
  const { tf } = await loadTensorflow();
  const folder = await temporaryFolder(t);
  const output = await transformOutput(path.join(folder, "transform"));
  const batch = rowsBatch(rows);
  const examples = serializedExamples(batch);
  const found = await judges(t);
  const predictions = new Map<string, Float32Array>();
  for (const [title, build] of Object.entries(LAYERS)) {
    const model = modelOf(tf, (inputs) => build(tf, apply(tf.layers.concatenate(), inputs.f_xf, inputs.fixed), inputs));
    const directory = path.join(folder, title);
    await exportSavedModel({ model, transformOutput: output, directory });
    const serving = await loadServingModel(directory);
    const { outputs } = await serving.predict(batch);
    predictions.set(title, outputs!.values);
    const transformed = output.transformBatch(batch);
    const tensors = model.inputs.map(({ dtype }, index) => {
      const { values } = transformed.columns.get(model.inputNames[index]!)!;
      return tf.tensor2d(Array.from(values as ArrayLike<number>), [rows.length, 1], dtype as "float32");
    });
    const [expected] = [model.predict(tensors)].flat();
    t.true(differ(outputs!.values, expected!.dataSync()) < 1e-5, `${title}: tfjs`);
    t.deepEqual([rows.length, ...outputs!.shape], expected!.shape, title);
  }
  for (const judge of found) {
    const titles = Object.keys(LAYERS);
    const calls = titles.map((title) => ({ model: path.join(folder, title), signature: "serving_default", examples }));
    (await judge.run(calls)).forEach((answer, index) => {
      const title = titles[index]!;
      t.true(differ(predictions.get(title)!, answer.outputs as Float32Array) < 1e-5, `${title}: ${judge.name}`);
    });
  }
});

function differ(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  return Array.from(a).reduce((largest, value, index) => Math.max(largest, Math.abs(value - b[index]!)), 0);
}

test("ids beyond an embedding or an encoding count as id 0, also in TensorFlow", async (t) => {
  const { tf } = await loadTensorflow();
  const folder = await temporaryFolder(t);
  const output = await transformOutput(path.join(folder, "transform"));
  const directory = path.join(folder, "model");
  const model = modelOf(tf, ({ i_xf, s_xf }) => {
    const embedded = apply(tf.layers.flatten(), apply(tf.layers.embedding({ inputDim: 5, outputDim: 2 }), i_xf));
    const encoded = apply(tf.layers.categoryEncoding({ numTokens: 2, outputMode: "oneHot" }), s_xf);
    return apply(tf.layers.concatenate(), embedded, encoded);
  });
  await exportSavedModel({ model, transformOutput: output, directory });
  const serving = await loadServingModel(directory);
  const batch = rowsBatch([{ i: 0, s: "?" }, { i: -1, s: "??" }, { i: 5, s: "" }, { i: 4 }]);
  const { outputs } = await serving.predict(batch);
  const row = (index: number) => Array.from(outputs!.values.slice(4 * index, 4 * index + 4));
  t.deepEqual(row(1), row(0));
  t.deepEqual(row(2), row(0));
  t.notDeepEqual(row(3).slice(0, 2), row(0).slice(0, 2));
  for (const { name, run } of await judges(t)) {
    const call = { model: directory, signature: "serving_default", examples: serializedExamples(batch) };
    const [answer] = await run([call]);
    t.deepEqual(Array.from(answer!.outputs as Float32Array), Array.from(outputs!.values), name);
  }
});

test("a model is served from raw features without the label, and keeps what runs it without TensorFlow", async (t) => {
  const { tf } = await loadTensorflow();
  const folder = await temporaryFolder(t);
  const output = await transformOutput(path.join(folder, "transform"));
  const directory = path.join(folder, "model");
  const model = modelOf(tf, ({ f_xf, fixed }) => apply(tf.layers.concatenate(), f_xf, fixed));
  await exportSavedModel({ model, transformOutput: output, directory });
  const serving = await loadServingModel(directory);
  t.deepEqual(serving.signatureNames, ["serving_default", "transform_features"]);
  t.deepEqual(serving.outputNames, ["outputs"]);
  t.deepEqual(serving.featureNames, ["f", "fixed"]);
  t.deepEqual([...serving.transform(rowsBatch(rows)).columns.keys()], ["f_xf", "i_xf", "s_xf", "fixed", "label"]);
  const vocabulary = "vocab_compute_and_apply_vocabulary_vocabulary";
  const asset = await readFile(path.join(directory, "assets", vocabulary), "utf8");
  t.deepEqual(asset.trim().split("\n").sort(), ["Cash", "Credit Card", "Pcard", "another"]);
  t.true((await stat(path.join(directory, "saved_model.pb"))).isFile());

  const examples = serializedExamples(rowsBatch([{}]));
  for (const { name, run } of await judges(t)) {
    const [served, transformed] = await run([
      { model: directory, signature: "serving_default", examples },
      { model: directory, signature: "transform_features", examples },
    ]);
    t.is(served!.outputs!.length, 2, name);
    t.deepEqual(Object.keys(transformed!).sort(), ["f_xf", "fixed", "i_xf", "label", "s_xf"], name);
  }
});

test("inputs may be made from features by a function, and several outputs keep their names", async (t) => {
  const { tf } = await loadTensorflow();
  const folder = await temporaryFolder(t);
  const output = await transformOutput(path.join(folder, "transform"));
  const wide = tf.input({ name: "wide", shape: [2], dtype: "int32" });
  const weights = tf.layers.embedding({ inputDim: 30, outputDim: 1, embeddingsInitializer: "randomUniform" });
  const first = apply(tf.layers.dense({ units: 1, name: "first" }), apply(tf.layers.flatten(), apply(weights, wide)));
  const second = apply(tf.layers.activation({ activation: "sigmoid", name: "second" }), first);
  const model = tf.model({ inputs: wide, outputs: [first, second] });
  const modelInputs: ExportOptions["modelInputs"] = ({ i_xf, s_xf }) => ({
    wide: ops.stack([ops.where(ops.greater(i_xf!, 9), 0, i_xf!), ops.add(ops.squeeze(s_xf!), 10)]),
  });
  const directory = path.join(folder, "model");
  await exportSavedModel({ model, transformOutput: output, directory, modelInputs });
  const serving = await loadServingModel(directory);
  t.deepEqual(serving.outputNames, ["first", "second"]);
  t.deepEqual(serving.featureNames, ["i", "s"]);
  const batch = rowsBatch(rows);
  const predicted = await serving.predict(batch);
  for (const { name, run } of await judges(t)) {
    const call = { model: directory, signature: "serving_default", examples: serializedExamples(batch) };
    const [answer] = await run([call]);
    for (const layer of ["first", "second"]) {
      t.true(differ(predicted[layer]!.values, answer![layer] as Float32Array) < 1e-5, `${name}: ${layer}`);
    }
  }
});

test("a sequential model is exported by the name of its input", async (t) => {
  const { tf } = await loadTensorflow();
  const folder = await temporaryFolder(t);
  const output = await transformOutput(path.join(folder, "transform"));
  const model = tf.sequential();
  model.add(tf.layers.inputLayer({ inputShape: [1], name: "f_xf" }));
  model.add(tf.layers.dense({ units: 1, kernelInitializer: "ones" }));
  await exportSavedModel({ model, transformOutput: output, directory: path.join(folder, "model") });
  const serving = await loadServingModel(path.join(folder, "model"));
  const { outputs } = await serving.predict(rowsBatch(rows));
  const { values } = output.transformBatch(rowsBatch(rows), ["f_xf"]).columns.get("f_xf")!;
  t.deepEqual(outputs!.values, values as Float32Array);
});

const REFUSED: Record<string, { build: (tf: TensorflowApi) => LayersModel; message: RegExp }> = {
  "a layer of another kind": {
    build: (tf) => {
      const input = tf.input({ name: "fixed", shape: [1] });
      const wide = apply(tf.layers.reshape({ targetShape: [1, 1] }), input);
      return tf.model({ inputs: input, outputs: apply(tf.layers.lstm({ units: 1, name: "memory" }), wide) });
    },
    message: /^Layer "memory" is a LSTM, which cannot be exported; known are Activation, Add,/,
  },
  "an input that is no feature": {
    build: (tf) => {
      const input = tf.input({ name: "fare", shape: [1] });
      return tf.model({ inputs: input, outputs: apply(tf.layers.dense({ units: 1 }), input) });
    },
    message: /^The model's input "fare" is not a feature; there are f_xf, i_xf, s_xf, fixed, label$/,
  },
  "an input of another width": {
    build: (tf) => {
      const input = tf.input({ name: "fixed", shape: [3] });
      return tf.model({ inputs: input, outputs: apply(tf.layers.dense({ units: 1 }), input) });
    },
    message: /^The model's input "fixed" takes 3 number\(s\), the feature has 1 of type float32$/,
  },
  "a layer that is called twice": {
    build: (tf) => {
      const input = tf.input({ name: "fixed", shape: [1] });
      const shared = tf.layers.dense({ units: 1, name: "shared" });
      return tf.model({ inputs: input, outputs: apply(shared, apply(shared, input)) });
    },
    message: /^Layer "shared" is called 2 times; only layers called once can be exported$/,
  },
};
for (const [title, { build, message }] of Object.entries(REFUSED)) {
  test(`a model with ${title} is refused before anything is written`, async (t) => {
    const { tf } = await loadTensorflow();
    const folder = await temporaryFolder(t);
    const output = await transformOutput(path.join(folder, "transform"));
    const directory = path.join(folder, "model");
    await t.throwsAsync(exportSavedModel({ model: build(tf), transformOutput: output, directory }), { message });
    await t.throwsAsync(stat(directory), { code: "ENOENT" });
  });
}

test("a folder without a model of ours says what it lacks", async (t) => {
  const folder = await temporaryFolder(t);
  await t.throwsAsync(loadServingModel(folder), { message: `There is no SavedModel in ${folder}` });
  const output = path.join(folder, "transform");
  await transformOutput(output);
  await t.throwsAsync(loadServingModel(path.join(output, "transform_fn")), {
    message: /was not written by exportSavedModel\(\) and cannot be run here/,
  });
});
