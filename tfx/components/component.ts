import type { ArtifactType } from "../types/artifact-type.ts";
import type { Execute, Json } from "./executor.ts";

/** One declared input: its artifact type, and whether the component works without it. */
export interface InputSpec {
  readonly type: ArtifactType;
  readonly optional?: boolean;
}

/** One declared parameter; required unless it has a default or says that it is optional. */
export interface ParameterSpec {
  readonly default?: Json;
  readonly optional?: boolean;
}

/**
 * What a component declares. Keys are TFX's snake_case names, which are also the folder and metadata names;
 * the constructor and `outputs` spell them in camelCase.
 */
export interface ComponentSpec {
  /** The execution type in ML Metadata, TFX's class path. */
  readonly typeName: string;
  readonly inputs: Readonly<Record<string, InputSpec>>;
  readonly outputs: Readonly<Record<string, ArtifactType>>;
  readonly parameters: Readonly<Record<string, ParameterSpec>>;
  /** Loads the work, only when the component runs. */
  readonly executor: () => Promise<{ readonly execute: Execute }>;
}
