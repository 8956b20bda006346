import { arithmeticOperations } from "./arithmetic.ts";
import { bucketOperations } from "./buckets.ts";
import { comparisonOperations } from "./comparison.ts";
import { constantOperations } from "./constant.ts";
import { conversionOperations } from "./conversion.ts";
import type { Operation, Operations } from "./operation.ts";
import { shapeOperations } from "./shape.ts";
import { stringOperations } from "./strings.ts";
import { unaryOperations } from "./unary.ts";
import { vocabularyOperations } from "./vocabulary-lookup.ts";

const OPERATIONS: Operations = {
  ...constantOperations,
  ...arithmeticOperations,
  ...comparisonOperations,
  ...unaryOperations,
  ...conversionOperations,
  ...shapeOperations,
  ...stringOperations,
  ...bucketOperations,
  ...vocabularyOperations,
};

/** How an operation is evaluated and emitted. */
export function operationOf(name: string): Operation {
  const operation = OPERATIONS[name];
  if (!operation) throw new Error(`Unknown operation "${name}" in a transform graph`);
  return operation;
}
