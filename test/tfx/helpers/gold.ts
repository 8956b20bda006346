import { existsSync } from "node:fs";
import path from "node:path";
import test, { type ExecutionContext } from "ava";

const SHARED = path.resolve(import.meta.dirname ?? ".", "../../../../shared");

/** A file or folder of what real TFX releases wrote. */
export function goldPath(...parts: string[]): string {
  return path.join(SHARED, "gold", "taxi", ...parts);
}

/** One of the taxi data files. */
export function taxiData(name: "data.csv" | "simple.csv"): string {
  return path.join(SHARED, "data", "taxi", name);
}

/** A test against golden data, which lies beside the repository; skipped, and said so, where it does not. */
export function goldTest(title: string, run: (t: ExecutionContext) => Promise<void> | void): void {
  if (existsSync(goldPath()) && existsSync(taxiData("data.csv"))) {
    test(title, run);
  } else {
    console.warn(`Skipped, no golden data in ${SHARED}: ${title}`);
    test.skip(title, run);
  }
}
