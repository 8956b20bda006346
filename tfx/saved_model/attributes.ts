import type { Int64 } from "../protos/message-type.ts";
import { DATA_TYPES, type DType, type Shape } from "./dtype.ts";
import type { AttrValue, TensorProto, TensorShapeProto } from "./graph-messages.ts";

/** Makers of node attributes, one per kind. */
export const attribute = {
  type: (dtype: DType): AttrValue => ({ type: DATA_TYPES[dtype] }),
  types: (dtypes: readonly DType[]): AttrValue => ({ list: { type: dtypes.map((dtype) => DATA_TYPES[dtype]) } }),
  int: (value: number): AttrValue => ({ i: value }),
  ints: (values: readonly Int64[]): AttrValue => ({ list: { i: values } }),
  float: (value: number): AttrValue => ({ f: value }),
  floats: (values: readonly number[]): AttrValue => ({ list: { f: values } }),
  bool: (value: boolean): AttrValue => ({ b: value }),
  text: (value: string): AttrValue => ({ s: Buffer.from(value) }),
  shape: (shape: Shape): AttrValue => ({ shape: shapeProto(shape) }),
  shapes: (shapes: readonly Shape[]): AttrValue => ({ list: { shape: shapes.map(shapeProto) } }),
  tensor: (tensor: TensorProto): AttrValue => ({ tensor }),
};

/** A shape as TensorFlow writes it: an unknown size is −1. */
export function shapeProto(shape: Shape): TensorShapeProto {
  return { dim: shape.map((size) => ({ size: size ?? -1 })) };
}

/** The elements of a constant, row-major; bools are 0 and 1 in a `Uint8Array`, strings are text (UTF-8) or bytes. */
export type ConstantValues =
  | Uint8Array
  | Float32Array
  | Float64Array
  | Int32Array
  | BigInt64Array
  | readonly (string | Uint8Array)[];

/** A constant with its type taken from the array that holds it. */
export function tensorProto(values: ConstantValues, shape: readonly number[]): TensorProto {
  const size = shape.reduce((product, dimension) => product * dimension, 1);
  if (values.length !== size) {
    throw new Error(`A constant of shape [${shape.join(", ")}] needs ${size} values, got ${values.length}`);
  }
  const dtype = constantDType(values);
  const head = { dtype: DATA_TYPES[dtype], tensor_shape: shapeProto(shape) };
  return ArrayBuffer.isView(values)
    ? { ...head, tensor_content: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) }
    : { ...head, string_val: values.map((value) => (typeof value === "string" ? Buffer.from(value) : value)) };
}

export function constantDType(values: ConstantValues): DType {
  if (values instanceof Float32Array) return "float32";
  if (values instanceof Float64Array) return "float64";
  if (values instanceof Int32Array) return "int32";
  if (values instanceof BigInt64Array) return "int64";
  if (values instanceof Uint8Array) return "bool";
  return "string";
}
