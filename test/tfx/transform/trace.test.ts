import test from "ava";
import { ops, type Tensor, type TransformInputs, tft } from "#tfx/transform/index.ts";
import { featureSpecsOf } from "#tfx/transform/schema-features.ts";
import { traceFunction } from "#tfx/transform/trace.ts";
import { evaluate, FEATURES, rowsBatch, transformOf } from "./transforms.ts";

const dense = ({ f }: TransformInputs) => ops.sparseToDense(f!, 0);

const MISTAKES: Record<string, { run: (inputs: TransformInputs) => unknown; message: RegExp }> = {
  "an unknown feature": { run: ({ tips }) => ({ tips }), message: /reads the feature "tips".*there are f, g, i, s/ },
  "no object": { run: () => undefined, message: /must return an object of tensors/ },
  "no outputs": { run: () => ({}), message: /returned no features/ },
  "a number": { run: () => ({ a: 1 }), message: /must return a tensor for "a", got 1/ },
  "a sparse output": { run: ({ f }) => ({ f }), message: /returned sparse float32.*use sparseToDense/ },
  "an output without rows": { run: ({ f }) => ({ a: tft.mean(f!) }), message: /a row for each example for "a"/ },
  "a bool output": { run: (inputs) => ({ a: ops.isNan(dense(inputs)) }), message: /use cast\(\)/ },
  "mixed types": { run: (inputs) => ops.add(dense(inputs), inputs.i!), message: /two tensors of one type/ },
  "mixed shapes": {
    run: (inputs) => ops.add(dense(inputs), ops.squeeze(dense(inputs))),
    message: /dense tensors of one shape, got dense float32 \[\?, 1\] and dense float32 \[\?\]/,
  },
  "integer division": { run: ({ i }) => ops.divide(i!, 2), message: /divide\(\) expected a tensor of type float32/ },
  "an undefined input": {
    run: () => ops.isNan(undefined as unknown as Tensor),
    message: /expected a tensor, got undef/,
  },
  "too few buckets": { run: (inputs) => tft.bucketize(dense(inputs), 1), message: /numBuckets > 1, got 1/ },
  "a bad topK": { run: ({ s }) => tft.vocabulary(s!, { topK: 0 }), message: /topK to be an integer ≥ 1, got 0/ },
  "an empty range": {
    run: (inputs) => tft.scaleByMinMax(dense(inputs), { outputMin: 1, outputMax: 1 }),
    message: /outputMin < outputMax/,
  },
  "a fraction as int64": { run: ({ i }) => ops.add(i!, 0.5), message: /0\.5 cannot be a constant of type int64/ },
  "a vocabulary of another kind": {
    run: ({ s, f }) => tft.applyVocabulary(s!, f!),
    message: /expected the result of tft.vocabulary/,
  },
};
for (const [title, { run, message }] of Object.entries(MISTAKES)) {
  test(`the preprocessing function is told of ${title}`, (t) => {
    t.throws(() => traceFunction("preprocessingFn", run as never, FEATURES), { message });
  });
}

test("a row with too many values is an error that names the feature and the row", async (t) => {
  const transform = await transformOf((inputs) => ({ a: dense(inputs) }), []);
  t.throws(() => evaluate(transform, rowsBatch([{ f: 1 }, { f: [1, 2] }])), {
    message: 'sparseToDense() of feature "f": row 1 of the batch has 2 values, at most 1 fit',
  });
});

test("a wider tensor takes more values and fills up with the default", async (t) => {
  const run = ({ f }: TransformInputs) => ({ a: ops.sparseToDense(f!, -1, { width: 3 }) });
  const transform = await transformOf(run, []);
  t.deepEqual(evaluate(transform, rowsBatch([{ f: [1, 2] }, {}])).a, [1, 2, -1, -1, -1, -1]);
});

test("a feature with a shape is dense already", async (t) => {
  const run = ({ fixed }: TransformInputs) => ({ a: ops.squeeze(ops.sparseToDense(fixed!, 0)) });
  t.deepEqual(evaluate(await transformOf(run, []), rowsBatch([{ fixed: 3 }])).a, [3]);
  const wider = ({ fixed }: TransformInputs) => ({ a: ops.sparseToDense(fixed!, 0, { width: 2 }) });
  await t.throwsAsync(transformOf(wider, []), { message: /a dense \[\?, 2\], got dense float32 \[\?, 1\]/ });
});

test("two vocabularies of one file name are refused", async (t) => {
  const run = ({ s }: TransformInputs) => ({
    a: ops.sparseToDense(tft.computeAndApplyVocabulary(s!, { vocabFilename: "v" }), -1),
    b: ops.sparseToDense(tft.computeAndApplyVocabulary(s!, { vocabFilename: "v" }), -1),
  });
  await t.throwsAsync(transformOf(run, []), { message: 'Two vocabularies have the file name "v"' });
});

test("features with a shape are dense, the others sparse, and inactive ones are not read", (t) => {
  const specs = featureSpecsOf({
    feature: [
      { name: "a", type: "INT", shape: { dim: [{ size: 1 }] }, presence: { min_fraction: 1 } },
      { name: "b", type: "BYTES" },
      { name: "old", type: "FLOAT", lifecycle_stage: "DEPRECATED" },
    ],
  });
  t.deepEqual(specs, { a: { kind: "fixed", dtype: "int64", shape: [1] }, b: { kind: "varlen", dtype: "string" } });
});

test("a shape on a feature that may be missing is refused", (t) => {
  const feature = { name: "a", type: "INT", shape: { dim: [{ size: 1 }] }, presence: { min_fraction: 0.5 } } as const;
  t.throws(() => featureSpecsOf({ feature: [feature] }), { message: /presence.min_fraction is 0.5, not 1/ });
});
