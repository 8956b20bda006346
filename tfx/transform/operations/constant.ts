import type { Json } from "../../components/executor.ts";
import type { DType, Shape } from "../../saved_model/dtype.ts";
import { describe, isTensor, Tensor, type TensorLike } from "../tensor.ts";
import type { Token } from "../tokens.ts";
import { allocate, type Value, type Values } from "../values.ts";
import type { Operations } from "./operation.ts";

/**
 * A tensor of one value or a list of values that are the same for all rows.
 * @param dtype defaults to float32 for numbers, int64 for bigints, string for text, bool for booleans
 */
export function constant(
  value: number | bigint | string | boolean | readonly (number | bigint | string | boolean)[],
  dtype?: DType,
): Tensor {
  const list = (typeof value === "object" ? value : [value]) as readonly (number | bigint | string | boolean)[];
  const type = dtype ?? naturalDType(list[0]);
  return constantTensor(valuesOf(list, type), type, typeof value === "object" ? [list.length] : []);
}

/** A constant with its data, such as an analyzer's result. */
export function constantTensor(values: Values, dtype: DType, shape: Shape): Tensor {
  return new Tensor("constant", [], { dtype, shape, layout: "dense" }, { values: encodeValues(values) });
}

/** An operand as a tensor; a plain value becomes a constant of the type that the other operand has. */
export function toTensor(like: TensorLike, dtype: DType): Tensor {
  return isTensor(like) ? like : constant(like, dtype);
}

function naturalDType(value: unknown): DType {
  if (typeof value === "bigint") return "int64";
  if (typeof value === "string") return "string";
  return typeof value === "boolean" ? "bool" : "float32";
}

function valuesOf(list: readonly (number | bigint | string | boolean)[], dtype: DType): Values {
  if (dtype === "string") return list.map(String);
  const values = allocate(dtype, list.length);
  list.forEach((value, index) => {
    if (typeof value === "string") throw new TypeError(`"${value}" cannot be a constant of type ${dtype}`);
    values[index] = values instanceof BigInt64Array ? exactBigInt(value) : Number(value);
  });
  return values;
}

function exactBigInt(value: number | bigint | boolean): bigint {
  if (typeof value === "number" && !Number.isInteger(value)) {
    throw new TypeError(`${value} cannot be a constant of type int64, because it is no integer`);
  }
  return BigInt(value);
}

/** Values as JSON: int64 as decimal text, numbers that JSON lacks by name, bytes that are not text in base64. */
export function encodeValues(values: Values): Json {
  return Array.from(values as Iterable<number | bigint | Token>, (value): Json => {
    if (typeof value === "bigint") return value.toString();
    if (typeof value === "number") return Number.isFinite(value) && !Object.is(value, -0) ? value : nameOf(value);
    return typeof value === "string" ? value : { base64: Buffer.from(value).toString("base64") };
  });
}

function nameOf(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

export function decodeValues(json: Json | undefined, dtype: DType): Values {
  const list = json as readonly (number | string | { readonly base64: string })[];
  if (dtype === "string") {
    return list.map((value) => (typeof value === "object" ? Buffer.from(value.base64, "base64") : String(value)));
  }
  const values = allocate(dtype, list.length);
  list.forEach((value, index) => {
    values[index] = values instanceof BigInt64Array ? BigInt(value as string) : Number(value);
  });
  return values;
}

const decoded = new WeakMap<object, Value>();

export const constantOperations: Operations = {
  constant: {
    evaluate: (_inputs, { node }) => {
      const key = node.attributes;
      const known = decoded.get(key) ?? { values: decodeValues(node.attributes.values, node.dtype) };
      decoded.set(key, known);
      return known;
    },
    emit: (_inputs, { node, graph }) => {
      const values = decodeValues(node.attributes.values, node.dtype);
      const shape = node.shape.map((size, axis) => size ?? (axis === 0 ? values.length : 1));
      return { values: graph.constant("constant", values, shape) };
    },
  },
  input: {
    evaluate: (_inputs, { node }) => {
      throw new Error(`The input "${node.attributes.feature}" has no data`);
    },
    emit: (_inputs, { node }) => {
      throw new Error(`The input "${node.attributes.feature}" (${describe(node)}) is not part of the graph`);
    },
  },
};
