import type { DType, Shape } from "../../saved_model/dtype.ts";
import type { GraphTensor } from "../../saved_model/graph-builder.ts";
import { describe, expectTensor, isTensor, type Tensor, type TensorLike, type TensorSpec } from "../tensor.ts";
import type { Value } from "../values.ts";
import { toTensor } from "./constant.ts";
import type { EmittedTensor, Operation, Operations } from "./operation.ts";

/* What operations of several operands share: operands of one type, and single values beside whole columns. */

export const FLOATS: readonly DType[] = ["float32", "float64"];
export const NUMBERS: readonly DType[] = ["float32", "float64", "int64"];

export type BinaryFunction = (x: TensorLike, y: TensorLike) => Tensor;

/** Both operands as tensors of one type: a plain value takes the type of the tensor beside it. */
export function operands(name: string, x: TensorLike, y: TensorLike, dtypes: readonly DType[]): [Tensor, Tensor] {
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
export function broadcast(name: string, inputs: readonly Tensor[], dtype: DType): TensorSpec {
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

/** How to walk two operands of which one may be a single value for all places. */
export function pace(left: Value, leftSpec: TensorSpec, right: Value, rightSpec: TensorSpec) {
  const leftStep = leftSpec.shape.length === 0 ? 0 : 1;
  const rightStep = rightSpec.shape.length === 0 ? 0 : 1;
  const length = leftStep === 1 ? left.values.length : right.values.length;
  return { length, leftStep, rightStep, offsets: left.offsets ?? right.offsets };
}

/** The emitted values with the row structure of the sparse input, if one is sparse. */
export function keepingRows(inputs: readonly EmittedTensor[], values: GraphTensor): EmittedTensor {
  return { values, sparse: inputs.find((input) => input.sparse)?.sparse };
}

/** Operations made from a table of rules. */
export function operationsOf<R>(rules: Readonly<Record<string, R>>, make: (rule: R) => Operation): Operations {
  return Object.fromEntries(Object.entries(rules).map(([name, rule]) => [name, make(rule)]));
}
