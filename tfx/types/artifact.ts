import type { ArtifactType } from "./artifact-type.ts";

/** A value that a property of an artifact or an execution may hold. */
export type PropertyValue = string | number | boolean;

/** Where an artifact stands in its life; the numbers are ML Metadata's `Artifact.State`. */
export const ArtifactState = {
  PENDING: 1,
  LIVE: 2,
  MARKED_FOR_DELETION: 3,
  DELETED: 4,
  ABANDONED: 5,
  REFERENCE: 6,
} as const;

/**
 * One piece of data that a component produced or consumes: a folder of files with a type and properties.
 * `id` is the row in ML Metadata, absent until the artifact is published.
 */
export interface Artifact {
  readonly type: ArtifactType;
  id?: number;
  /** Absolute folder path; where the payload lives. */
  uri: string;
  name?: string;
  /** Properties that the type declares (`span`, `split_names`, …). */
  properties: Record<string, PropertyValue>;
  /** Properties beyond the type (`tfx_version`, `blessed`, …). */
  customProperties: Record<string, PropertyValue>;
}

/** An artifact that is not yet published, with no properties set. */
export function newArtifact(type: ArtifactType, uri: string): Artifact {
  return { type, uri, properties: {}, customProperties: {} };
}

/** The one artifact of an input or output, or an error that names the key and the count that came. */
export function singleArtifact(lists: ArtifactLists, key: string): Artifact {
  const list = lists[key] ?? [];
  if (list.length !== 1) throw new Error(`Expected exactly one artifact for "${key}", got ${list.length}`);
  return list[0]!;
}

/** The only artifact of an optional input, or undefined when the input is not wired or resolved to nothing. */
export function optionalArtifact(lists: ArtifactLists, key: string): Artifact | undefined {
  const list = lists[key] ?? [];
  if (list.length > 1) throw new Error(`Expected at most one artifact for "${key}", got ${list.length}`);
  return list[0];
}

/** Artifacts by TFX's snake_case key (`transformed_examples`), as an executor receives them. */
export type ArtifactLists = Readonly<Record<string, readonly Artifact[]>>;
