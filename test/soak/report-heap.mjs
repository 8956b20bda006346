// Loaded into each of Daisy's processes in a soak: writes down what of the heap is alive, after a collection.
import { renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

const EVERY_MS = 10_000;

// Processes that load users' files are started by these with fewer variables, and report nothing.
const folder = process.env.DAISY_SOAK_HEAPS;
if (folder !== undefined) {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc");
  const file = path.join(folder, String(process.pid));
  setInterval(() => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    writeFileSync(`${file}.new`, JSON.stringify({ heapUsed, external }));
    renameSync(`${file}.new`, file);
  }, EVERY_MS).unref();
}
