import path from "node:path";
import type { Artifact } from "./artifact.ts";

/** Encodes split names as TFX does: a JSON list in the property `split_names`. */
export function encodeSplitNames(names: readonly string[]): string {
  return JSON.stringify(names);
}

/** The splits an artifact holds, in order; an error when the property is absent or not a JSON list. */
export function splitNames(artifact: Artifact): string[] {
  const encoded = artifact.properties.split_names;
  const names: unknown = typeof encoded === "string" && encoded !== "" ? JSON.parse(encoded) : undefined;
  if (!Array.isArray(names)) {
    throw new Error(`Artifact ${artifact.uri} has no list in its property split_names, but ${String(encoded)}`);
  }
  return names.map(String);
}

/** The folder of one split, `<uri>/Split-<name>`; an error when the artifact does not hold that split. */
export function splitUri(artifact: Artifact, split: string): string {
  const names = splitNames(artifact);
  if (!names.includes(split)) {
    throw new Error(`Artifact ${artifact.uri} has no split "${split}"; it holds ${names.join(", ") || "none"}`);
  }
  return path.join(artifact.uri, `Split-${split}`);
}
