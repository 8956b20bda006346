import { findFile, type ReadFolder } from "./find-file.ts";
import type { SerializedTrigger } from "./trigger.ts";

export interface FileTriggerOptions {
  /** A path or glob pattern, on the triggerer's machine. */
  readonly filepath: string;
  /** Whether `**` matches any depth of folders. @default false */
  readonly recursive?: boolean;
  /** Seconds between two looks. @default 5 */
  readonly pollInterval?: number;
}

/** Waits until there is a file; resumes with true (Airflow's FileTrigger). */
export function fileTrigger({ filepath, recursive = false, pollInterval = 5 }: FileTriggerOptions): SerializedTrigger {
  return { kind: "file", kwargs: { filepath, recursive, pollInterval } };
}

/** Looks once, for the triggerer; undefined: not yet. */
export async function pollFile(kwargs: SerializedTrigger["kwargs"], readFolder: ReadFolder): Promise<true | undefined> {
  const found = await findFile(String(kwargs.filepath), kwargs.recursive === true, readFolder);
  return found && true;
}
