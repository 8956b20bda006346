import type { DType } from "../../saved_model/dtype.ts";
import { expectTensor, Tensor } from "../tensor.ts";
import { allocate, bigints, type NumericArray, numbers } from "../values.ts";
import { FLOATS, NUMBERS, operationsOf } from "./broadcast.ts";
import type { Operation, Operations } from "./operation.ts";

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
  return new Tensor("isNan", [x], { dtype: "bool", shape: x.shape, layout: x.layout });
}

const isNanOperation: Operation = {
  evaluate: ([x]) => {
    const values = Uint8Array.from(numbers(x!), (value) => Number(Number.isNaN(value)));
    return { values, offsets: x!.offsets };
  },
  emit: ([x], { graph }) => ({ ...x!, values: graph.unary("IsNan", "isNan", x!.values, "bool") }),
};

export const unaryOperations: Operations = { ...operationsOf<UnaryRule>(UNARY, unaryOperation), isNan: isNanOperation };
