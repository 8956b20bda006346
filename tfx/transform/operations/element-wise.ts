import { attribute } from "../../saved_model/attributes.ts";
import type { DType, Shape } from "../../saved_model/dtype.ts";
import type { GraphBuilder, GraphTensor } from "../../saved_model/graph-builder.ts";
import { describe, expectTensor, isTensor, Tensor, type TensorLike, type TensorSpec } from "../tensor.ts";
import { sameToken, type Token } from "../tokens.ts";
import { allocate, bigints, type NumericArray, numbers, tokens, type Value } from "../values.ts";
import { toTensor } from "./constant.ts";
import type { EmittedTensor, Operation, Operations } from "./operation.ts";

/*
 * Operations that make each value from the values at the same place of their inputs. float32 results are rounded from
 * double arithmetic, which for + − × ÷ and √ gives exactly what float32 hardware gives.
 */

const FLOATS: readonly DType[] = ["float32", "float64"];
const NUMBERS: readonly DType[] = ["float32", "float64", "int64"];

// ---- Two operands -------------------------------------------------------------------------------------------------

interface BinaryRule {
  /** TensorFlow's operation. */
  readonly op: string;
  readonly dtypes: readonly DType[];
  readonly number: (a: number, b: number) => number;
  readonly bigint?: (a: bigint, b: bigint) => bigint;
}

const ARITHMETIC = {
  add: { op: "AddV2", dtypes: NUMBERS, number: (a, b) => a + b, bigint: (a, b) => a + b },
  subtract: { op: "Sub", dtypes: NUMBERS, number: (a, b) => a - b, bigint: (a, b) => a - b },
  multiply: { op: "Mul", dtypes: NUMBERS, number: (a, b) => a * b, bigint: (a, b) => a * b },
  divide: { op: "RealDiv", dtypes: FLOATS, number: (a, b) => a / b },
  minimum: { op: "Minimum", dtypes: NUMBERS, number: Math.min, bigint: (a, b) => (a < b ? a : b) },
  maximum: { op: "Maximum", dtypes: NUMBERS, number: Math.max, bigint: (a, b) => (a > b ? a : b) },
} as const satisfies Record<string, BinaryRule>;

interface ComparisonRule {
  readonly op: string;
  readonly number: (a: number, b: number) => boolean;
  readonly bigint: (a: bigint, b: bigint) => boolean;
  /** For operations that take strings and bools too. */
  readonly token?: (a: Token, b: Token) => boolean;
}

const COMPARISON = {
  greater: { op: "Greater", number: (a, b) => a > b, bigint: (a, b) => a > b },
  greaterEqual: { op: "GreaterEqual", number: (a, b) => a >= b, bigint: (a, b) => a >= b },
  less: { op: "Less", number: (a, b) => a < b, bigint: (a, b) => a < b },
  lessEqual: { op: "LessEqual", number: (a, b) => a <= b, bigint: (a, b) => a <= b },
  equal: { op: "Equal", number: (a, b) => a === b, bigint: (a, b) => a === b, token: sameToken },
  notEqual: {
    op: "NotEqual",
    number: (a, b) => a !== b,
    bigint: (a, b) => a !== b,
    token: (a, b) => !sameToken(a, b),
  },
} as const satisfies Record<string, ComparisonRule>;

const LOGIC = {
  logicalAnd: { op: "LogicalAnd", number: (a, b) => a & b },
  logicalOr: { op: "LogicalOr", number: (a, b) => a | b },
} as const satisfies Record<string, Pick<BinaryRule, "op" | "number">>;

/** x + y. */
export const add = arithmetic("add");
/** x − y. */
export const subtract = arithmetic("subtract");
/** x × y. */
export const multiply = arithmetic("multiply");
/** x ÷ y of floats; cast integers first. */
export const divide = arithmetic("divide");
/** The smaller of x and y. */
export const minimum = arithmetic("minimum");
/** The larger of x and y. */
export const maximum = arithmetic("maximum");
/** Whether x > y, as bool. */
export const greater = comparison("greater");
/** Whether x ≥ y, as bool. */
export const greaterEqual = comparison("greaterEqual");
/** Whether x < y, as bool. */
export const less = comparison("less");
/** Whether x ≤ y, as bool. */
export const lessEqual = comparison("lessEqual");
/** Whether x = y, as bool; strings too. */
export const equal = comparison("equal");
/** Whether x ≠ y, as bool; strings too. NaN differs from itself. */
export const notEqual = comparison("notEqual");
/** Whether both hold. */
export const logicalAnd = logic("logicalAnd");
/** Whether one or both hold. */
export const logicalOr = logic("logicalOr");

type BinaryFunction = (x: TensorLike, y: TensorLike) => Tensor;

function arithmetic(name: keyof typeof ARITHMETIC): BinaryFunction {
  return (x, y) => {
    const [left, right] = operands(name, x, y, ARITHMETIC[name].dtypes);
    return new Tensor(name, [left, right], broadcast(name, [left, right], left.dtype));
  };
}

function comparison(name: keyof typeof COMPARISON): BinaryFunction {
  return (x, y) => {
    const dtypes: readonly DType[] = "token" in COMPARISON[name] ? [...NUMBERS, "string", "bool"] : NUMBERS;
    const [left, right] = operands(name, x, y, dtypes);
    return new Tensor(name, [left, right], broadcast(name, [left, right], "bool"));
  };
}

function logic(name: keyof typeof LOGIC): BinaryFunction {
  return (x, y) => {
    const [left, right] = operands(name, x, y, ["bool"]);
    return new Tensor(name, [left, right], broadcast(name, [left, right], "bool"));
  };
}

/** Both operands as tensors of one type: a plain value takes the type of the tensor beside it. */
function operands(name: string, x: TensorLike, y: TensorLike, dtypes: readonly DType[]): [Tensor, Tensor] {
  const dtype = isTensor(x) ? x.dtype : isTensor(y) ? y.dtype : undefined;
  if (!dtype) throw new TypeError(`${name}() expected at least one tensor, got ${String(x)} and ${String(y)}`);
  const left = toTensor(x, dtype);
  const right = toTensor(y, dtype);
  expectTensor(`${name}()`, left, dtypes);
  if (left.dtype !== right.dtype) {
    throw new TypeError(
      `${name}() expected two tensors of one type, got ${describe(left)} and ${describe(right)}; use cast()`,
    );
  }
  return [left, right];
}

/** The specification of a result that is made place by place: all inputs alike, or single values beside them. */
function broadcast(name: string, inputs: readonly Tensor[], dtype: DType): TensorSpec {
  const full = inputs.filter((input) => input.shape.length > 0);
  const first = full[0];
  if (!first) return { dtype, shape: [], layout: "dense" };
  const alike = full.every((input) => input.layout === first.layout && sameShape(input.shape, first.shape));
  if (!alike || (first.layout === "sparse" && full.length > 1)) {
    throw new TypeError(
      `${name}() expected dense tensors of one shape, got ${inputs.map(describe).join(" and ")}; use squeeze(), expandDims() or sparseToDense()`,
    );
  }
  return { dtype, shape: first.shape, layout: first.layout };
}

function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

function arithmeticOperation(rule: BinaryRule): Operation {
  return {
    evaluate: ([left, right], { node, inputs: [leftNode, rightNode] }) => {
      const { length, leftStep, rightStep, offsets } = pace(left!, leftNode!, right!, rightNode!);
      if (node.dtype === "int64") {
        const [a, b, result] = [bigints(left!), bigints(right!), new BigInt64Array(length)];
        for (let i = 0; i < length; i++) result[i] = rule.bigint!(a[i * leftStep]!, b[i * rightStep]!);
        return { values: result, offsets };
      }
      const result = allocate(node.dtype as "float32", length);
      const [a, b] = [numbers(left!), numbers(right!)];
      for (let i = 0; i < length; i++) result[i] = rule.number(a[i * leftStep]!, b[i * rightStep]!);
      return { values: result, offsets };
    },
    emit: ([left, right], { node, graph }) =>
      keepingRows([left!, right!], graph.binary(rule.op, node.operation, left!.values, right!.values)),
  };
}

function comparisonOperation(rule: ComparisonRule): Operation {
  return {
    evaluate: ([left, right], { inputs: [leftNode, rightNode] }) => {
      const { length, leftStep, rightStep, offsets } = pace(left!, leftNode!, right!, rightNode!);
      const result = new Uint8Array(length);
      if (leftNode!.dtype === "int64") {
        const [a, b] = [bigints(left!), bigints(right!)];
        for (let i = 0; i < length; i++) result[i] = Number(rule.bigint(a[i * leftStep]!, b[i * rightStep]!));
      } else if (leftNode!.dtype === "string") {
        const [a, b] = [tokens(left!), tokens(right!)];
        for (let i = 0; i < length; i++) result[i] = Number(rule.token!(a[i * leftStep]!, b[i * rightStep]!));
      } else {
        const [a, b] = [numbers(left!), numbers(right!)];
        for (let i = 0; i < length; i++) result[i] = Number(rule.number(a[i * leftStep]!, b[i * rightStep]!));
      }
      return { values: result, offsets };
    },
    emit: ([left, right], { node, graph }) =>
      keepingRows([left!, right!], graph.binary(rule.op, node.operation, left!.values, right!.values, "bool")),
  };
}

function logicOperation({ op, number }: Pick<BinaryRule, "op" | "number">): Operation {
  return {
    evaluate: arithmeticOperation({ op, number, dtypes: ["bool"] }).evaluate,
    emit: ([left, right], { node, graph }) =>
      keepingRows(
        [left!, right!],
        graph.tensor(op, node.operation, "bool", node.shape, { inputs: [left!.values, right!.values] }),
      ),
  };
}

/** How to walk two operands of which one may be a single value for all places. */
function pace(left: Value, leftSpec: TensorSpec, right: Value, rightSpec: TensorSpec) {
  const leftStep = leftSpec.shape.length === 0 ? 0 : 1;
  const rightStep = rightSpec.shape.length === 0 ? 0 : 1;
  const length = leftStep === 1 ? left.values.length : right.values.length;
  return { length, leftStep, rightStep, offsets: left.offsets ?? right.offsets };
}

/** The emitted values with the row structure of the sparse input, if one is sparse. */
function keepingRows(inputs: readonly EmittedTensor[], values: GraphTensor): EmittedTensor {
  return { values, sparse: inputs.find((input) => input.sparse)?.sparse };
}

// ---- One operand --------------------------------------------------------------------------------------------------

interface UnaryRule {
  readonly op: string;
  readonly dtypes: readonly DType[];
  readonly number: (x: number) => number;
  readonly bigint?: (x: bigint) => bigint;
}

const UNARY = {
  negative: { op: "Neg", dtypes: NUMBERS, number: (x) => -x, bigint: (x) => -x },
  abs: { op: "Abs", dtypes: NUMBERS, number: Math.abs, bigint: (x) => (x < 0n ? -x : x) },
  sqrt: { op: "Sqrt", dtypes: FLOATS, number: Math.sqrt },
  log: { op: "Log", dtypes: FLOATS, number: Math.log },
  log1p: { op: "Log1p", dtypes: FLOATS, number: Math.log1p },
  exp: { op: "Exp", dtypes: FLOATS, number: Math.exp },
  floor: { op: "Floor", dtypes: FLOATS, number: Math.floor },
  sigmoid: { op: "Sigmoid", dtypes: FLOATS, number: (x) => 1 / (1 + Math.exp(-x)) },
} as const satisfies Record<string, UnaryRule>;

type UnaryFunction = (x: Tensor) => Tensor;

/** −x. */
export const negative = unary("negative");
/** The absolute value. */
export const abs = unary("abs");
/** The square root of floats. */
export const sqrt = unary("sqrt");
/** The natural logarithm of floats. */
export const log = unary("log");
/** The natural logarithm of 1 + x. */
export const log1p = unary("log1p");
/** e to the power of x. */
export const exp = unary("exp");
/** The largest integer not above x, still a float. */
export const floor = unary("floor");
/** 1 ÷ (1 + e^−x). */
export const sigmoid = unary("sigmoid");

function unary(name: keyof typeof UNARY): UnaryFunction {
  return (x) => {
    expectTensor(`${name}()`, x, UNARY[name].dtypes);
    return new Tensor(name, [x], x);
  };
}

function unaryOperation(rule: UnaryRule): Operation {
  return {
    evaluate: ([x], { node }) => {
      const values = allocate(node.dtype as Exclude<DType, "string">, x!.values.length);
      if (values instanceof BigInt64Array)
        bigints(x!).forEach((value, i) => {
          values[i] = rule.bigint!(value);
        });
      else fill(values, numbers(x!), rule.number);
      return { values, offsets: x!.offsets };
    },
    emit: ([x], { node, graph }) => ({ ...x!, values: graph.unary(rule.op, node.operation, x!.values) }),
  };
}

function fill(result: NumericArray, source: NumericArray, rule: (x: number) => number): void {
  for (let i = 0; i < source.length; i++) result[i] = rule(source[i]!);
}

/** Whether a float is NaN, as bool. */
export function isNan(x: Tensor): Tensor {
  expectTensor("isNan()", x, FLOATS);
  return new Tensor("isNan", [x], { ...specOf(x), dtype: "bool" });
}

/** Whether a condition does not hold. */
export function logicalNot(x: Tensor): Tensor {
  expectTensor("logicalNot()", x, ["bool"]);
  return new Tensor("logicalNot", [x], x);
}

/** A tensor like x with 0, "" or false in every place. */
export function zerosLike(x: Tensor): Tensor {
  expectTensor("zerosLike()", x);
  return new Tensor("zerosLike", [x], x);
}

/** A tensor like x with 1 or true in every place; not for strings. */
export function onesLike(x: Tensor): Tensor {
  expectTensor("onesLike()", x, [...NUMBERS, "bool"]);
  return new Tensor("onesLike", [x], x);
}

const CASTABLE: readonly DType[] = [...NUMBERS, "bool"];

/**
 * Another numeric type: floats become integers by cutting off the fraction, bools become 0 and 1, and as bool every
 * number but 0 is true. A float that no int64 holds becomes the least int64, as on x86.
 */
export function cast(x: Tensor, dtype: DType): Tensor {
  expectTensor("cast()", x, CASTABLE);
  if (!CASTABLE.includes(dtype)) throw new TypeError(`cast() expected one of ${CASTABLE.join(", ")}, got ${dtype}`);
  return dtype === x.dtype ? x : new Tensor("cast", [x], { ...specOf(x), dtype });
}

/** Takes from `whenTrue` where the condition holds and from `whenFalse` elsewhere. */
export function where(condition: Tensor, whenTrue: TensorLike, whenFalse: TensorLike): Tensor {
  expectTensor("where()", condition, ["bool"]);
  const [a, b] = operands("where", whenTrue, whenFalse, [...CASTABLE, "string"]);
  const spec = broadcast("where", [condition, a, b], a.dtype);
  if (spec.layout === "sparse") throw new TypeError("where() expected dense tensors; use sparseToDense() first");
  return new Tensor("where", [condition, a, b], spec);
}

function specOf({ dtype, shape, layout }: TensorSpec): TensorSpec {
  return { dtype, shape, layout };
}

const LEAST_INT64 = -(2n ** 63n);

function toInt64(value: number): bigint {
  const truncated = Math.trunc(value);
  return Math.abs(truncated) < 2 ** 63 ? BigInt(truncated) : LEAST_INT64;
}

function castValues(x: Value, from: DType, to: DType): Value {
  const length = x.values.length;
  const values = allocate(to as Exclude<DType, "string">, length);
  if (values instanceof BigInt64Array) {
    const source = numbers(x);
    for (let i = 0; i < length; i++) values[i] = toInt64(source[i]!);
  } else {
    const read: (i: number) => number = from === "int64" ? (i) => Number(bigints(x)[i]) : (i) => numbers(x)[i]!;
    if (to === "bool") for (let i = 0; i < length; i++) values[i] = read(i) === 0 ? 0 : 1;
    else for (let i = 0; i < length; i++) values[i] = read(i);
  }
  return { values, offsets: x.offsets };
}

function filled(dtype: DType, length: number, one: boolean): Value["values"] {
  if (dtype === "string") return new Array<Token>(length).fill("");
  const values = allocate(dtype, length);
  if (one && values instanceof BigInt64Array) values.fill(1n);
  else if (one) (values as NumericArray).fill(1);
  return values;
}

const conversions: Operations = {
  isNan: {
    evaluate: ([x]) => ({
      values: Uint8Array.from(numbers(x!), (value) => Number(Number.isNaN(value))),
      offsets: x!.offsets,
    }),
    emit: ([x], { graph }) => ({ ...x!, values: graph.unary("IsNan", "isNan", x!.values, "bool") }),
  },
  logicalNot: {
    evaluate: ([x]) => ({ values: Uint8Array.from(numbers(x!), (value) => 1 - value), offsets: x!.offsets }),
    emit: ([x], { node, graph }) => ({
      ...x!,
      values: graph.tensor("LogicalNot", "logicalNot", "bool", node.shape, { inputs: [x!.values] }),
    }),
  },
  zerosLike: {
    evaluate: ([x], { node }) => ({ values: filled(node.dtype, x!.values.length, false), offsets: x!.offsets }),
    emit: ([x], { graph }) => ({ ...x!, values: graph.unary("ZerosLike", "zerosLike", x!.values) }),
  },
  onesLike: {
    evaluate: ([x], { node }) => ({ values: filled(node.dtype, x!.values.length, true), offsets: x!.offsets }),
    emit: ([x], { graph }) => ({ ...x!, values: graph.unary("OnesLike", "onesLike", x!.values) }),
  },
  cast: {
    evaluate: ([x], { node, inputs: [source] }) => castValues(x!, source!.dtype, node.dtype),
    emit: ([x], { node, graph }) => ({ ...x!, values: emitCast(graph, x!.values, node.dtype) }),
  },
  where: {
    evaluate: ([condition, a, b], { node, inputs }) => {
      const steps = inputs.map(({ shape }) => (shape.length === 0 ? 0 : 1)) as [number, number, number];
      const length = [condition!, a!, b!].find((_, i) => steps[i] === 1)?.values.length ?? 1;
      const chosen = (i: number) =>
        numbers(condition!)[i * steps[0]] ? a!.values[i * steps[1]]! : b!.values[i * steps[2]]!;
      if (node.dtype === "string") return { values: Array.from({ length }, (_, i) => chosen(i) as Token) };
      const values = allocate(node.dtype, length);
      for (let i = 0; i < length; i++) values[i] = chosen(i) as number;
      return { values };
    },
    emit: ([condition, a, b], { graph }) => ({
      values: graph.select("where", condition!.values, a!.values, b!.values),
    }),
  },
};

/** As bool, TensorFlow's Cast also makes every number but 0 true. */
function emitCast(graph: GraphBuilder, tensor: GraphTensor, dtype: DType): GraphTensor {
  return graph.tensor("Cast", "cast", dtype, tensor.shape, {
    inputs: [tensor],
    attributes: { SrcT: attribute.type(tensor.dtype), DstT: attribute.type(dtype) },
  });
}

function mapRules<R>(rules: Readonly<Record<string, R>>, make: (rule: R) => Operation): Operations {
  return Object.fromEntries(Object.entries(rules).map(([name, rule]) => [name, make(rule)]));
}

export const elementWiseOperations: Operations = {
  ...mapRules<BinaryRule>(ARITHMETIC, arithmeticOperation),
  ...mapRules<ComparisonRule>(COMPARISON, comparisonOperation),
  ...mapRules(LOGIC, logicOperation),
  ...mapRules<UnaryRule>(UNARY, unaryOperation),
  ...conversions,
};
