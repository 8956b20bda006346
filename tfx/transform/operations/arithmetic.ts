import type { DType } from "../../saved_model/dtype.ts";
import { Tensor } from "../tensor.ts";
import { allocate, bigints, numbers } from "../values.ts";
import {
  type BinaryFunction,
  broadcast,
  FLOATS,
  keepingRows,
  NUMBERS,
  operands,
  operationsOf,
  pace,
} from "./broadcast.ts";
import type { Operation, Operations } from "./operation.ts";

/*
 * Operations that make each value from the values at the same place of their inputs. float32 results are rounded from
 * double arithmetic, which for + − × ÷ and √ gives exactly what float32 hardware gives.
 */

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
  minimum: { op: "Minimum", dtypes: NUMBERS, number: Math.min, bigint: lesser },
  maximum: { op: "Maximum", dtypes: NUMBERS, number: Math.max, bigint: greaterOf },
} as const satisfies Record<string, BinaryRule>;

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
function arithmetic(name: keyof typeof ARITHMETIC): BinaryFunction {
  return (x, y) => {
    const [left, right] = operands(name, x, y, ARITHMETIC[name].dtypes);
    return new Tensor(name, [left, right], broadcast(name, [left, right], left.dtype));
  };
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

export const arithmeticOperations: Operations = operationsOf<BinaryRule>(ARITHMETIC, arithmeticOperation);

function lesser(a: bigint, b: bigint): bigint {
  if (a < b) return a;
  return b;
}

function greaterOf(a: bigint, b: bigint): bigint {
  if (a > b) return a;
  return b;
}
