import type { DType } from "../saved_model/dtype.ts";
import type { Token } from "./tokens.ts";

/** The data of a tensor, row-major: bools are 0 and 1 in a `Uint8Array`, int64 is always exact. */
export type Values = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array | readonly Token[];

/** A tensor with its data. Its type and shape are those of the node that made it. */
export interface Value {
  readonly values: Values;
  /** Where each row of a sparse tensor begins, with the number of values at the end. */
  readonly offsets?: Uint32Array;
}

export type NumericArray = Float32Array | Float64Array | Int32Array | Uint8Array;

/** Room for the values of a type other than string. */
export function allocate(dtype: Exclude<DType, "string" | "int64">, length: number): NumericArray;
export function allocate(dtype: Exclude<DType, "string">, length: number): NumericArray | BigInt64Array;
export function allocate(dtype: Exclude<DType, "string">, length: number): NumericArray | BigInt64Array {
  switch (dtype) {
    case "float32":
      return new Float32Array(length);
    case "float64":
      return new Float64Array(length);
    case "int32":
      return new Int32Array(length);
    case "int64":
      return new BigInt64Array(length);
    case "bool":
      return new Uint8Array(length);
  }
}

/** The numbers of a tensor of a type other than string and int64. */
export function numbers(value: Value): NumericArray {
  return value.values as NumericArray;
}

export function bigints(value: Value): BigInt64Array {
  return value.values as BigInt64Array;
}

export function tokens(value: Value): readonly Token[] {
  return value.values as readonly Token[];
}
