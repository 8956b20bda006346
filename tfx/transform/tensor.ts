import type { Json } from "../components/executor.ts";
import type { DType, Shape } from "../saved_model/dtype.ts";

/** What an operation is told beside its inputs; plain data. */
export type Attributes = Readonly<Record<string, Json | undefined>>;

/**
 * What is known of a tensor before there is data. A dense tensor of a feature has the batch as its first, unknown
 * size; a sparse one holds any number of values in each row; a tensor without dimensions is one value for all rows.
 */
export interface TensorSpec {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly layout: "dense" | "sparse";
}

let created = 0;

/**
 * A value of the preprocessing function before there is data: the operation that makes it and the tensors it is made
 * from. It never changes. Feature columns come in as `TransformInputs`; functions such as `multiply` make new ones.
 */
export class Tensor implements TensorSpec {
  readonly operation: string;
  readonly inputs: readonly Tensor[];
  readonly attributes: Attributes;
  readonly dtype: DType;
  readonly shape: Shape;
  readonly layout: "dense" | "sparse";
  /** Grows with each tensor made: the order of calls in the preprocessing function, which numbers vocabularies. */
  readonly sequence: number;

  constructor(operation: string, inputs: readonly Tensor[], spec: TensorSpec, attributes: Attributes = {}) {
    this.operation = operation;
    this.inputs = inputs;
    this.attributes = attributes;
    this.dtype = spec.dtype;
    this.shape = spec.shape;
    this.layout = spec.layout;
    this.sequence = created++;
  }

  /** The specification as text for messages, such as `sparse float32 [null]`. */
  toString(): string {
    return describe(this);
  }
}

/** The features of the raw examples by name, as the preprocessing function gets them. */
export type TransformInputs = Readonly<Record<string, Tensor>>;

/** The features that the preprocessing function makes, by name. */
export type TransformOutputs = Record<string, Tensor>;

/** What a `preprocessingFn` looks like. It runs once, on tensors without data, and must not depend on anything else. */
export type PreprocessingFn = (inputs: TransformInputs, customConfig?: Json) => TransformOutputs;

/** A tensor, or a number or text that becomes a constant of the other operand's type. */
export type TensorLike = Tensor | number | bigint | string | boolean;

export function describe({ layout, dtype, shape }: TensorSpec): string {
  return `${layout} ${dtype} [${shape.map((size) => size ?? "?").join(", ")}]`;
}

/** Whether the argument is a tensor; an own test, since user code may come from another copy of this module. */
export function isTensor(value: unknown): value is Tensor {
  return typeof value === "object" && value !== null && "operation" in value && "sequence" in value;
}

/** Checks an argument that must be a tensor of one of some types. */
export function expectTensor(name: string, value: unknown, dtypes?: readonly DType[]): asserts value is Tensor {
  if (!isTensor(value)) {
    throw new TypeError(`${name} expected a tensor, got ${value === undefined ? "undefined" : JSON.stringify(value)}`);
  }
  if (dtypes && !dtypes.includes(value.dtype)) {
    throw new TypeError(`${name} expected a tensor of type ${dtypes.join(" or ")}, got ${describe(value)}`);
  }
}

/** Checks that a tensor holds the same number of values in each row. */
export function expectDense(name: string, value: Tensor): void {
  if (value.layout !== "dense") {
    throw new TypeError(`${name} expected a dense tensor, got ${describe(value)}; use sparseToDense() first`);
  }
}

/** The number of values in a row of a dense tensor whose first size is the batch. */
export function rowWidth(shape: Shape): number {
  return shape.slice(1).reduce<number>((product, size) => product * (size ?? 1), 1);
}
