/**
 * Objects of this package carry a symbol that other copies of it know too, so that one of a foreign copy is told
 * from a value that is none at all, and its message can say so.
 */
export function brandOf(name: "Dag" | "Bundle" | "TaskHandler" | "ArgList" | "Param"): symbol {
  return Symbol.for(`airflow.ts-sdk.${name}`);
}

export function isBranded(value: unknown, brand: symbol): value is object {
  return typeof value === "object" && value !== null && brand in value;
}

export const FOREIGN_COPY =
  "comes from a different copy of apache-airflow-ts-sdk; deduplicate the dependency so one copy is resolved";
