import { putTypes } from "./put-type.ts";
import { TypeKind } from "./records.ts";
import type { Transaction } from "./store.ts";

/** The base types that ML Metadata registers in every store; `mlmd.Dataset` is the base type of `Examples`. */
const ARTIFACT_BASES = ["mlmd.Dataset", "mlmd.Model", "mlmd.Metrics", "mlmd.Statistics"];
const EXECUTION_BASES = ["mlmd.Train", "mlmd.Transform", "mlmd.Process", "mlmd.Evaluate", "mlmd.Deploy"];

export async function putSimpleTypes(transaction: Transaction): Promise<void> {
  const withoutProperties = (name: string) => ({ name, properties: {} });
  await putTypes(transaction, TypeKind.ARTIFACT, ARTIFACT_BASES.map(withoutProperties));
  await putTypes(transaction, TypeKind.EXECUTION, EXECUTION_BASES.map(withoutProperties));
}
