import { attribute } from "../../saved_model/attributes.ts";
import type { DType } from "../../saved_model/dtype.ts";
import type { GraphBuilder, GraphTensor } from "../../saved_model/graph-builder.ts";
import { expectTensor, Tensor, type TensorLike, type TensorSpec } from "../tensor.ts";
import type { Token } from "../tokens.ts";
import { allocate, bigints, type NumericArray, numbers, type Value } from "../values.ts";
import { broadcast, NUMBERS, operands } from "./broadcast.ts";
import type { Operations } from "./operation.ts";

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

export const conversionOperations: Operations = {
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
