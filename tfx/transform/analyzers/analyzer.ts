import type { DType } from "../../saved_model/dtype.ts";
import type { ExpressionNode } from "../operations/operation.ts";
import type { Token } from "../tokens.ts";
import type { Value, Values } from "../values.ts";

/** What an analysis found: numbers for all rows, or a list of tokens that becomes a file. */
export type AnalyzerResult =
  | { readonly kind: "constant"; readonly values: Values; readonly shape: readonly number[] }
  | { readonly kind: "vocabulary"; readonly tokens: readonly Token[] };

/** The state of one analysis while the batches pass by. */
export interface Analysis {
  add(value: Value): void;
  finish(): AnalyzerResult;
}

/** Starts an analysis of a tensor's values over all rows. */
export type Analyzer = (node: ExpressionNode, input: ExpressionNode) => Analysis;

export type Analyzers = Readonly<Record<string, Analyzer>>;

/** Calls back with each number of a batch; int64 as the nearest double. */
export function eachNumber(value: Value, dtype: DType, use: (x: number) => void): void {
  const { values } = value;
  if (dtype === "string") throw new TypeError("Strings have no numbers");
  for (let i = 0; i < values.length; i++) use(Number(values[i]));
}
