import test, { type ExecutionContext } from "ava";
import fc from "fast-check";
import { ops, type Tensor, type TransformInputs, tft } from "#tfx/transform/index.ts";
import { temporaryFolder } from "../helpers/execution.ts";
import { type Answer, judges } from "../saved_model/judges.ts";
import { type Row, rowsBatch, serializedExamples, transformOf, writeTransform } from "./transforms.ts";

/** float32 results of functions such as log may differ in the last bits, since each library has its own. */
const TOLERANCE = 1e-6;

/** TensorFlow takes numbers below float32's normal range as 0. */
const LEAST_NORMAL = 2 ** -126;

function normalFloat(constraints: fc.FloatConstraints = {}): fc.Arbitrary<number> {
  return fc.float(constraints).map((value) => (Math.abs(value) < LEAST_NORMAL ? 0 : value));
}

const token = fc.oneof(
  fc.constantFrom("", "Cash", "Credit Card", "naïve 你好", "x".repeat(70), "\n", "a\tb"),
  fc.string({ maxLength: 80 }),
  fc.string({ unit: "binary", maxLength: 20 }),
);

const row: fc.Arbitrary<Row> = fc.record(
  {
    f: fc.oneof(normalFloat(), normalFloat({ min: -100, max: 100 }), fc.constantFrom(0, -0, 1, 2)),
    g: fc.oneof(normalFloat({ noNaN: true }), fc.constantFrom(0, 0.2, 3.25)),
    i: fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.integer({ min: -5, max: 30 })),
    s: token,
    fixed: normalFloat({ noNaN: true, noDefaultInfinity: true }),
  },
  { requiredKeys: ["fixed"] },
);

function samples(numRuns: number): Row[] {
  return fc.sample(row, { numRuns, seed: 20190101 });
}

/** One output for each operation and mapper. */
function everyOperation(inputs: TransformInputs): Record<string, Tensor> {
  const dense = (name: string, filler: number | bigint | string) =>
    ops.squeeze(ops.sparseToDense(inputs[name]!, filler), 1);
  const [f, g, i, s] = [dense("f", 0), dense("g", 0), dense("i", 0n), dense("s", "")];
  const bool = (condition: Tensor) => ops.cast(condition, "int64");
  const double = ops.cast(g, "float64");
  return {
    raw_f: f,
    raw_i: i,
    raw_s: s,
    fixed: inputs.fixed!,
    add: ops.add(f, g),
    addInt: ops.add(i, 7n),
    subtract: ops.subtract(f, g),
    subtractInt: ops.subtract(1, i),
    multiply: ops.multiply(f, 0.2),
    multiplyInt: ops.multiply(i, i),
    divide: ops.divide(f, g),
    divideByConstant: ops.divide(f, 3),
    minimum: ops.minimum(g, 2),
    minimumInt: ops.minimum(i, 3),
    maximum: ops.maximum(g, -1),
    maximumInt: ops.maximum(i, 3),
    negative: ops.negative(f),
    abs: ops.abs(f),
    absInt: ops.abs(ops.maximum(i, -1_000_000)),
    sqrt: ops.sqrt(ops.abs(f)),
    log: ops.log(ops.add(ops.abs(ops.minimum(ops.abs(g), 1e30)), 1)),
    log1p: ops.log1p(ops.minimum(ops.abs(g), 1e30)),
    exp: ops.exp(ops.minimum(ops.maximum(g, -50), 20)),
    floor: ops.floor(g),
    sigmoid: ops.sigmoid(ops.minimum(ops.maximum(g, -30), 30)),
    isNan: bool(ops.isNan(f)),
    greater: bool(ops.greater(f, g)),
    greaterEqual: bool(ops.greaterEqual(f, g)),
    less: bool(ops.less(f, g)),
    lessEqual: bool(ops.lessEqual(i, 3)),
    equal: bool(ops.equal(f, g)),
    equalText: bool(ops.equal(s, "Cash")),
    notEqual: bool(ops.notEqual(f, f)),
    notEqualText: bool(ops.notEqual(s, "")),
    and: bool(ops.logicalAnd(ops.greater(f, 0), ops.less(g, 1))),
    or: bool(ops.logicalOr(ops.greater(f, 0), ops.less(g, 1))),
    not: bool(ops.logicalNot(ops.greater(f, 0))),
    where: ops.where(ops.isNan(f), ops.zerosLike(f), f),
    whereText: ops.where(ops.equal(s, ""), "none", s),
    whereInt: ops.where(ops.greater(i, 0), i, -1),
    zeros: ops.zerosLike(f),
    ones: ops.onesLike(i),
    zerosText: ops.zerosLike(s),
    castToInt: ops.cast(ops.minimum(ops.maximum(g, -1e6), 1e6), "int64"),
    castToFloat: ops.cast(i, "float32"),
    castToBool: bool(ops.cast(g, "bool")),
    doubles: ops.cast(ops.divide(double, 3), "float32"),
    asString: ops.asString(i),
    expanded: ops.expandDims(f, 1),
    reshaped: ops.reshape(ops.stack([f, g, f, g]), [-1, 2, 2]),
    stacked: ops.stack([f, g]),
    concat: ops.concat([ops.stack([f, g]), inputs.fixed!]),
    concatInt: ops.stack([i, i]),
    oneHot: ops.oneHot(i, 10),
    hashed: tft.hashStrings(s, 1000),
    hashedWithKey: tft.hashStrings(s, 1000, { key: [2n ** 62n + 5n, -3] }),
    hashedSparse: ops.squeeze(ops.sparseToDense(tft.hashStrings(inputs.s!, 10), -1), 1),
    buckets: tft.applyBuckets(f, ops.constant([-10, 0, 0, 3.25, 50])),
    bucketized: tft.bucketize(g, 7),
    bucketizedInt: tft.bucketize(i, 4),
    zScore: tft.scaleToZScore(ops.minimum(ops.maximum(g, -1000), 1000)),
    zScoreOfSame: tft.scaleToZScore(ops.zerosLike(g)),
    scaled: tft.scaleByMinMax(ops.minimum(ops.maximum(g, -1000), 1000), { outputMin: -1, outputMax: 3 }),
    scaledSame: tft.scaleTo01(ops.onesLike(g)),
    vocabulary: tft.computeAndApplyVocabulary(s),
    vocabularyOov: tft.computeAndApplyVocabulary(s, { topK: 20, numOovBuckets: 7 }),
    vocabularyInt: tft.computeAndApplyVocabulary(i, { topK: 10, defaultValue: -7 }),
    centred: ops.subtract(g, tft.mean(ops.minimum(ops.maximum(g, -1000), 1000))),
    share: ops.divide(ops.cast(ops.onesLike(g), "float32"), ops.cast(tft.size(g), "float32")),
  };
}

test("every operation gives the same in memory and in TensorFlow", async (t) => {
  const batch = rowsBatch(samples(400));
  const transform = await transformOf(everyOperation, [rowsBatch(samples(300))]);
  const computed = columnsOf(transform.transformBatch(batch));
  const model = await temporaryFolder(t);
  await writeTransform(model, transform);
  const examples = serializedExamples(batch);
  for (const { name, run } of await judges(t)) {
    const [answer] = await run([{ model, signature: "transform_features", examples }]);
    compareAnswers(t, name, computed, answer!);
  }
  t.is(Object.keys(computed).length, 69);
});

type Columns = Record<string, readonly (number | bigint | string | Uint8Array)[]>;

function columnsOf(batch: ReturnType<typeof rowsBatch>): Columns {
  return Object.fromEntries(
    Array.from(batch.columns.values(), ({ name, values }) => [name, Array.from(values as ArrayLike<number>)]),
  );
}

/** Integers and text must be equal, floats within the tolerance; tfjs has no int64, so large ones are left out there. */
function compareAnswers(t: ExecutionContext, judge: string, computed: Columns, answer: Answer): void {
  for (const [name, values] of Object.entries(computed)) {
    const judged = Array.from(answer[name] as ArrayLike<number | bigint | string>);
    t.is(judged.length, values.length, `${judge}: ${name}`);
    const wrong = values.findIndex((value, index) => !agrees(value, judged[index]!));
    t.is(wrong, -1, `${judge}: ${name}[${wrong}] is ${judged[wrong]}, computed ${String(values[wrong])}`);
  }
}

function agrees(value: number | bigint | string | Uint8Array, judged: number | bigint | string): boolean {
  if (typeof value === "string") return value === judged;
  if (value instanceof Uint8Array) return Buffer.from(value).toString() === judged;
  if (typeof judged === "bigint") return BigInt(value) === judged;
  if (typeof value === "bigint" || !Number.isFinite(value)) return Object.is(Number(value), Number(judged));
  const number = Number(judged);
  return value === number || Math.abs(value - number) <= TOLERANCE * Math.max(1, Math.abs(value));
}
