import type { PropertyValue } from "../types/artifact.ts";
import type { PropertyType } from "../types/artifact-type.ts";

/** The numbers of ML Metadata's `Execution.State`. */
export const ExecutionState = { NEW: 1, RUNNING: 2, COMPLETE: 3, FAILED: 4, CACHED: 5, CANCELED: 6 } as const;
export type ExecutionStateNumber = (typeof ExecutionState)[keyof typeof ExecutionState];

/** The numbers of ML Metadata's `Event.Type` that components write. */
export const EventType = { INPUT: 3, OUTPUT: 4 } as const;
export type EventTypeNumber = (typeof EventType)[keyof typeof EventType];

/** The numbers in the column `type_kind`. */
export const TypeKind = { EXECUTION: 0, ARTIFACT: 1, CONTEXT: 2 } as const;
export type TypeKindNumber = (typeof TypeKind)[keyof typeof TypeKind];

/** The numbers of ML Metadata's `PropertyType`. */
export const PropertyTypeNumber: Readonly<Record<PropertyType, number>> = { INT: 1, DOUBLE: 2, STRING: 3 };

export type Properties = Readonly<Record<string, PropertyValue>>;

/** A type as it is registered. */
export interface MetadataType {
  readonly name: string;
  readonly properties: Readonly<Record<string, PropertyType>>;
  /** The full name of one of the simple types, e.g. `mlmd.Dataset`. */
  readonly baseType?: string;
}

export interface MetadataArtifact {
  readonly id: number;
  readonly typeId: number;
  readonly type: string;
  readonly uri: string;
  /** ML Metadata's `Artifact.State`, null when it was never set. */
  readonly state: number | null;
  readonly name: string | null;
  readonly properties: Properties;
  readonly customProperties: Properties;
  /** Milliseconds since the epoch, as all times here. */
  readonly createTime: number;
  readonly updateTime: number;
}

export interface MetadataExecution {
  readonly id: number;
  readonly typeId: number;
  readonly type: string;
  readonly state: number | null;
  readonly name: string | null;
  readonly properties: Properties;
  readonly customProperties: Properties;
  readonly createTime: number;
  readonly updateTime: number;
}

export interface MetadataContext {
  readonly id: number;
  readonly typeId: number;
  readonly type: string;
  readonly name: string;
  readonly properties: Properties;
  readonly customProperties: Properties;
  readonly createTime: number;
  readonly updateTime: number;
}

/** One use of an artifact by an execution. */
export interface MetadataEvent {
  readonly artifactId: number;
  readonly executionId: number;
  readonly type: number;
  readonly time: number;
  /** The input or output key and the position in its list. */
  readonly key: string;
  readonly index: number;
}
