import type { Json } from "../executor.ts";
import type { DataAccessor } from "./data-accessor.ts";

/** What Trainer hands to a `runFn`; TFX's `FnArgs` in camelCase. */
export interface FnArgs {
  /** A folder for the function's own use, removed when the execution ends. */
  readonly workingDir: string;
  /** File patterns of the examples to train on; `dataAccessor` reads them. */
  readonly trainFiles: readonly string[];
  readonly evalFiles: readonly string[];
  /** Undefined when the pipeline leaves it open. */
  readonly trainSteps?: number;
  readonly evalSteps?: number;
  /** The file `schema.pbtxt`. */
  readonly schemaPath?: string;
  /** The folder that Transform wrote. */
  readonly transformGraphPath?: string;
  /** The same folder, under its older name. */
  readonly transformOutput?: string;
  readonly dataAccessor: DataAccessor;
  /** Where the SavedModel must be written. */
  readonly servingModelDir: string;
  /** Where TensorBoard logs go. */
  readonly modelRunDir: string;
  /** The SavedModel folder of the model to start from. */
  readonly baseModel?: string;
  readonly customConfig?: { readonly [key: string]: Json | undefined };
  /** Writes a line to the task's log. */
  readonly log: (message: string) => void;
  /** Aborted when the try is killed or times out. */
  readonly signal: AbortSignal;
}

/** The function that a Trainer's module file exports. */
export type RunFn = (fnArgs: FnArgs) => void | Promise<void>;
