import type { ArtifactLists } from "../types/artifact.ts";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/** What an execution gets beside its inputs, outputs and parameters. */
export interface ExecutorContext {
  /** The execution's id in ML Metadata, also the last folder of its outputs' URIs. */
  readonly executionId: number;
  /** A folder of this execution's own, on the artifacts' file system; removed when the execution ends. */
  readonly temporaryDirectory: string;
  /** Writes one line to the task's log. */
  readonly log: (message: string) => void;
  /** Aborted when the try is killed or times out. */
  readonly signal: AbortSignal;
}

/**
 * The work of a component on resolved values. Keys are TFX's snake_case names. The output folders exist and are
 * empty; the executor fills them and sets the artifacts' properties in place. It throws to fail the execution.
 */
export type Execute = (
  inputs: ArtifactLists,
  outputs: ArtifactLists,
  execProperties: Readonly<Record<string, Json>>,
  context: ExecutorContext,
) => Promise<void>;
