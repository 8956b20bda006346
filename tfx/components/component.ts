import type { ArtifactType } from "../types/artifact-type.ts";
import type { Execute, ExecutorContext, Json } from "./executor.ts";

/** One declared input: its artifact type, and whether the component works without it. */
export interface InputSpec {
  readonly type: ArtifactType;
  readonly optional?: boolean;
}

/** One declared parameter; required unless it has a default or says that it is optional. */
export interface ParameterSpec {
  /** Checked when the component is constructed; any JSON when absent. */
  readonly type?: "string" | "number" | "boolean" | "object" | "array";
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
  /** Loads what completes the parameters before the cache is asked, for a component that has such a need. */
  readonly driver?: () => Promise<{ readonly resolveExecProperties: ResolveExecProperties }>;
}

/**
 * Returns the parameters that the execution is recorded and cached under, e.g. with `input_fingerprint` of an
 * ExampleGen's files added. It throws when the input is not there.
 */
export type ResolveExecProperties = (
  execProperties: Readonly<Record<string, Json>>,
  context: Pick<ExecutorContext, "log">,
) => Promise<Readonly<Record<string, Json>>>;
