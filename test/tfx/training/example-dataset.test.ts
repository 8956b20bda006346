import test from "ava";
import fc from "fast-check";
import { type DenseFeature, ExampleDataset } from "#tfx/training/example-dataset.ts";
import type { BatchArray } from "#tfx/training/step-runner.ts";

/** Examples whose feature and label are their number; a pair holds it twice. */
function numbered(count: number): Map<string, DenseFeature> {
  const numbers = Array.from({ length: count }, (_, index) => index);
  return new Map<string, DenseFeature>([
    ["number", { dtype: "int32", width: 1, values: Int32Array.from(numbers) }],
    ["pair", { dtype: "float32", width: 2, values: Float32Array.from(numbers.flatMap((n) => [n, n])) }],
    ["label", { dtype: "float32", width: 1, values: Float32Array.from(numbers) }],
  ]);
}

function draw(dataset: ExampleDataset, names: string[], batches: number): BatchArray[] {
  const { tensors, fill } = dataset.source(names);
  const arrays = tensors.map(({ dtype, shape }) => {
    const size = batches * shape[0]! * shape[1]!;
    return dtype === "int32" ? new Int32Array(size) : new Float32Array(size);
  });
  for (let batch = 0; batch < batches; batch++) fill(arrays, batch);
  return arrays;
}

test("each pass over the data has every example once, whatever the batch size", (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 10 }), fc.integer(), (count, size, seed) => {
      const dataset = new ExampleDataset(count, numbered(count), { batchSize: size, labelKey: "label", seed });
      const [numbers] = draw(dataset, ["number"], count);
      for (let pass = 0; pass < size; pass++) {
        const seen = [...numbers!.slice(pass * count, (pass + 1) * count)].sort((a, b) => a - b);
        t.deepEqual(
          seen,
          Array.from({ length: count }, (_, index) => index),
        );
      }
    }),
  );
});

test("features and label of a row belong to one example", (t) => {
  const dataset = new ExampleDataset(9, numbered(9), { batchSize: 4, labelKey: "label" });
  const [numbers, pairs, labels] = draw(dataset, ["number", "pair"], 5);
  t.deepEqual([...numbers!], [...labels!]);
  t.deepEqual(
    [...pairs!],
    [...numbers!].flatMap((n) => [n, n]),
  );
});

test("a seed gives the same order again, and another seed another one", (t) => {
  const order = (seed: number): number[] => {
    const dataset = new ExampleDataset(50, numbered(50), { batchSize: 50, labelKey: "label", seed });
    return [...draw(dataset, ["number"], 1)[0]!];
  };
  t.deepEqual(order(7), order(7));
  t.notDeepEqual(order(7), order(8));
});

test("without shuffling, examples keep their order", (t) => {
  const dataset = new ExampleDataset(3, numbered(3), { batchSize: 2, labelKey: "label", shuffle: false });
  t.deepEqual([...draw(dataset, ["number"], 3)[0]!], [0, 1, 2, 0, 1, 2]);
});

const unusable = new Map([["company", "it holds text"]]);
for (const [title, make, message] of [
  ["a batch of no example", () => dataset({ batchSize: 0 }), /batch size is a whole number of at least 1, got 0/],
  ["a label that is not there", () => dataset({ labelKey: "tip" }), /The label "tip" is not among the features number/],
  ["a label of text", () => dataset({ labelKey: "company" }), /The label "company" cannot be taken.*it holds text/],
  ["an input that is not there", () => dataset({}).source(["fare"]), /The model's input "fare" is not among/],
  ["an input of text", () => dataset({}).source(["company"]), /The model's input "company" cannot be taken/],
  ["no example", () => new ExampleDataset(0, new Map(), { batchSize: 1, labelKey: "label" }), /at least one example/],
] as const) {
  test(`${title} is refused`, (t) => {
    t.throws(() => make(), { message });
  });
}

function dataset(options: { batchSize?: number; labelKey?: string }): ExampleDataset {
  return new ExampleDataset(3, numbered(3), { batchSize: 1, labelKey: "label", unusable, ...options });
}
