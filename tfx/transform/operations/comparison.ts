import type { DType } from "../../saved_model/dtype.ts";
import { expectTensor, Tensor } from "../tensor.ts";
import { sameToken, type Token } from "../tokens.ts";
import { bigints, numbers, tokens } from "../values.ts";
import { type BinaryFunction, broadcast, keepingRows, NUMBERS, operands, operationsOf, pace } from "./broadcast.ts";
import type { Operation, Operations } from "./operation.ts";

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

interface LogicRule {
  readonly op: string;
  readonly number: (a: number, b: number) => number;
}

const LOGIC = {
  logicalAnd: { op: "LogicalAnd", number: (a, b) => a & b },
  logicalOr: { op: "LogicalOr", number: (a, b) => a | b },
} as const satisfies Record<string, LogicRule>;

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

function logicOperation({ op, number }: LogicRule): Operation {
  return {
    evaluate: ([left, right], { inputs: [leftNode, rightNode] }) => {
      const { length, leftStep, rightStep, offsets } = pace(left!, leftNode!, right!, rightNode!);
      const [a, b, result] = [numbers(left!), numbers(right!), new Uint8Array(length)];
      for (let i = 0; i < length; i++) result[i] = number(a[i * leftStep]!, b[i * rightStep]!);
      return { values: result, offsets };
    },
    emit: ([left, right], { node, graph }) =>
      keepingRows(
        [left!, right!],
        graph.tensor(op, node.operation, "bool", node.shape, { inputs: [left!.values, right!.values] }),
      ),
  };
}

/** Whether a condition does not hold. */
export function logicalNot(x: Tensor): Tensor {
  expectTensor("logicalNot()", x, ["bool"]);
  return new Tensor("logicalNot", [x], x);
}

const logicalNotOperation: Operation = {
  evaluate: ([x]) => ({ values: Uint8Array.from(numbers(x!), (value) => 1 - value), offsets: x!.offsets }),
  emit: ([x], { node, graph }) => ({
    ...x!,
    values: graph.tensor("LogicalNot", "logicalNot", "bool", node.shape, { inputs: [x!.values] }),
  }),
};

export const comparisonOperations: Operations = {
  ...operationsOf<ComparisonRule>(COMPARISON, comparisonOperation),
  ...operationsOf<LogicRule>(LOGIC, logicOperation),
  logicalNot: logicalNotOperation,
};
