/**
 * A ready-made task: what `dag.task` takes in place of a handler. The name is what graphs show as the operator's
 * type. `execute` receives the resolved inputs; what it returns is the task's `return_value`.
 */
export interface Operator<A = void, R = unknown> {
  readonly [OPERATOR]: true;
  readonly operatorName: string;
  /** The node's fill in graphs. @default "#fff" */
  readonly uiColor?: string;
  execute(inputs: A): R | Promise<R>;
}

export const OPERATOR = Symbol.for("airflow.ts-sdk.Operator");

/** Declares an operator. */
export function operator<A = void, R = unknown>(definition: {
  operatorName: string;
  uiColor?: string;
  execute(inputs: A): R | Promise<R>;
}): Operator<A, R> {
  return Object.freeze({ [OPERATOR]: true as const, ...definition });
}

export function isOperator(value: unknown): value is Operator<never, unknown> {
  return typeof value === "object" && value !== null && OPERATOR in value;
}
