import path from "node:path";
import type { Batch } from "./columns.ts";

/** Takes the rows of one split and makes its files, which appear under their names only when it is closed. */
export interface SplitWriter {
  write(batch: Batch): Promise<void>;
  /** Completes the files; returns their paths. */
  close(): Promise<string[]>;
  /** Gives up and removes what was written. */
  discard(): Promise<void>;
}

/** Beam's name of one file of several: `<base name>-00000-of-00001<suffix>`. */
export function shardPath(folder: string, baseName: string, index: number, count: number, suffix: string): string {
  const number = (value: number) => String(value).padStart(5, "0");
  return path.join(folder, `${baseName}-${number(index)}-of-${number(count)}${suffix}`);
}
