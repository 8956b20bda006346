import type { Json } from "./executor.ts";

/** Reads `exclude_splits`, a list of split names or, as TFX stores it, the JSON text of one. */
export function excludedSplits(value: Json | undefined): readonly string[] {
  const list: unknown = typeof value === "string" && value !== "" ? JSON.parse(value) : (value ?? []);
  if (list === "") return [];
  if (!Array.isArray(list) || !list.every((name) => typeof name === "string")) {
    throw new Error(`exclude_splits in execution properties needs to be a list. Got ${JSON.stringify(value)} instead.`);
  }
  return list;
}
