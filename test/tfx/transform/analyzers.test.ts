import test from "ava";
import fc from "fast-check";
import { quantileBoundaries } from "#tfx/transform/analyzers/quantiles.ts";
import { ops, type Tensor, tft, type VocabularyOptions } from "#tfx/transform/index.ts";
import { evaluate, type Row, rowsBatch, transformOf } from "./transforms.ts";

/** The tokens of a vocabulary of the string feature, over all rows. */
async function vocabularyOf(tokens: readonly (string | Uint8Array)[], options?: VocabularyOptions) {
  const rows = tokens.map((s) => ({ s }));
  const run = ({ s, fixed }: Readonly<Record<string, Tensor>>) => ({
    ids: ops.sparseToDense(tft.computeAndApplyVocabulary(s!, options), -1),
    fixed: fixed!,
  });
  const { vocabularies } = await transformOf(run, [rowsBatch(rows)]);
  return [...vocabularies.values()][0]!;
}

const VOCABULARIES: Record<string, { tokens: string[]; options?: VocabularyOptions; expected: string[] }> = {
  "orders by count, and among equals the greatest first": {
    tokens: ["b", "a", "c", "c", "Z"],
    expected: ["c", "b", "a", "Z"],
  },
  "leaves out the empty text and tokens with line breaks": { tokens: ["", "x\ny", "x\r", "ok"], expected: ["ok"] },
  "keeps the topK most frequent": { tokens: ["a", "a", "b", "b", "c"], options: { topK: 2 }, expected: ["b", "a"] },
  "keeps what is frequent enough": { tokens: ["a", "a", "b"], options: { frequencyThreshold: 2 }, expected: ["a"] },
  "has one dummy token when it would be empty": {
    tokens: ["", ""],
    expected: ["49d0cd50-04bb-48c0-bc6f-5b575dce351a"],
  },
};
for (const [title, { tokens, options, expected }] of Object.entries(VOCABULARIES)) {
  test(`a vocabulary ${title}`, async (t) => t.deepEqual(await vocabularyOf(tokens, options), expected));
}

test("a vocabulary counts bytes that are not UTF-8 as they are, and orders by bytes", async (t) => {
  const invalid = Uint8Array.of(0xff, 0xfe);
  t.deepEqual(await vocabularyOf([invalid, "😀", "\uffff", Uint8Array.from(invalid)]), [
    Buffer.from(invalid),
    "😀",
    "\uffff",
  ]);
});

test("vocabularies of integers order by decimal text, and hash what they do not know as text", async (t) => {
  const run = ({ i }: Readonly<Record<string, Tensor>>) => ({
    ids: ops.squeeze(ops.sparseToDense(tft.computeAndApplyVocabulary(i!, { topK: 2, numOovBuckets: 5 }), -1)),
  });
  const batch = rowsBatch([{ i: 10 }, { i: 9 }, { i: 9 }, { i: 7 }, {}]);
  const transform = await transformOf(run, [batch]);
  t.deepEqual([...transform.vocabularies.values()], [["9", "7"]]);
  const { ids } = evaluate(transform, batch);
  t.deepEqual(ids!.slice(1), [0n, 0n, 1n, -1n]);
  t.true((ids![0] as bigint) >= 2n && (ids![0] as bigint) < 7n);
});

test("numbers analyzers go over all batches", async (t) => {
  const run = ({ f, i, fixed }: Readonly<Record<string, Tensor>>) => {
    const all = (value: Tensor) => ops.add(ops.cast(ops.zerosLike(fixed!), value.dtype), value);
    return {
      min: all(tft.min(f!)),
      max: all(tft.max(f!)),
      mean: all(tft.mean(f!)),
      var: all(tft.var(f!)),
      sum: all(tft.sum(i!)),
      size: all(tft.size(f!)),
    };
  };
  const rows: Row[] = [{ f: 1, i: 3 }, { f: 2, i: 2n ** 60n }, { f: 3 }, {}, { f: 6 }];
  const transform = await transformOf(run, [rowsBatch(rows.slice(0, 2)), rowsBatch(rows.slice(2))]);
  const [first] = [evaluate(transform, rowsBatch([{}]))].map((outputs) =>
    Object.fromEntries(Object.entries(outputs).map(([name, values]) => [name, values[0]])),
  );
  t.deepEqual(first, { min: 1, max: 6, mean: 3, var: 3.5, sum: 2n ** 60n + 3n, size: 4n });
});

test("an analyzer may depend on another's result", async (t) => {
  const run = ({ fixed }: Readonly<Record<string, Tensor>>) => ({
    scaled: tft.scaleTo01(tft.scaleToZScore(fixed!)),
  });
  const batches = [rowsBatch([{ fixed: 0 }, { fixed: 5 }]), rowsBatch([{ fixed: 10 }])];
  const transform = await transformOf(run, batches);
  t.deepEqual(evaluate(transform, batches[0]!).scaled, [0, 0.5]);
});

test("a quantile boundary is the smallest value with enough values not above it", (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 200 }),
      fc.integer({ min: 2, max: 20 }),
      (values, numBuckets) => {
        const sorted = Float32Array.from(values).sort();
        const boundaries = quantileBoundaries(sorted, numBuckets);
        const areRight = boundaries.every((boundary, index) => {
          const share = ((index + 1) * sorted.length) / numBuckets;
          const notAbove = sorted.filter((value) => value <= boundary).length;
          const below = sorted.filter((value) => value < boundary).length;
          return notAbove >= share && below < share;
        });
        return boundaries.length === numBuckets - 1 && areRight;
      },
    ),
  );
  t.pass();
});

test("without values every bucket is 0 and scaling falls back", async (t) => {
  const run = ({ f, fixed }: Readonly<Record<string, Tensor>>) => ({
    bucket: ops.add(tft.applyBuckets(fixed!, tft.quantiles(f!, 4)), 0),
    centred: ops.subtract(fixed!, tft.mean(f!)),
  });
  const transform = await transformOf(run, [rowsBatch([{}, {}])]);
  t.deepEqual(evaluate(transform, rowsBatch([{ fixed: 7 }])), { bucket: [0n], centred: [7] });
});
