import { createRequire } from "node:module";
import path from "node:path";
import type * as Tensorflow from "@tensorflow/tfjs";
import type * as WasmBackend from "@tensorflow/tfjs-backend-wasm";
import type * as TensorflowNode from "@tensorflow/tfjs-node";
import { registerMissingWasmKernels } from "./training/wasm-kernels.ts";

/** TensorFlow.js's functions, whichever backend they run on. */
export type TensorflowApi = typeof Tensorflow;

/** The TensorFlow that this process runs on. */
export interface TensorflowRuntime {
  readonly tf: TensorflowApi;
  /** `tfjs-node` runs on the native library; `tfjs-wasm` on WebAssembly. */
  readonly runtime: "tfjs-node" | "tfjs-wasm";
  /** The native library's version, else TensorFlow.js's. */
  readonly version: string;
  /** What only the native runtime has: loading and running SavedModels. */
  readonly node?: typeof TensorflowNode.node;
  /** Why the native runtime does not run, when it does not. */
  readonly nativeError?: string;
}

// Node's own resolution gives the CommonJS build, which tfjs-node shares; the ESM builds are for bundlers.
const require = createRequire(import.meta.url);

let loading: Promise<TensorflowRuntime> | undefined;

/**
 * Loads TensorFlow once per process: tfjs-node when its native addon loads, else tfjs with the WebAssembly backend,
 * which the environment variable `DAISY_TENSORFLOW=wasm` asks for in any case. This is the only file that chooses.
 */
export function loadTensorflow(): Promise<TensorflowRuntime> {
  loading ??= load();
  return loading;
}

/** One line for a log or `airflow info`, such as `tfjs-node 4.22.0 on TensorFlow 2.9.1`. */
export function describeRuntime({ tf, runtime, version, nativeError }: TensorflowRuntime): string {
  const tfjs = tf.version["tfjs-core"];
  if (runtime === "tfjs-node") return `tfjs-node ${tfjs} on TensorFlow ${version}`;
  return `tfjs ${tfjs} with WebAssembly (the native runtime does not load: ${nativeError})`;
}

/** The same line after loading, for `airflow info`. */
export async function tensorflowRuntime(): Promise<string> {
  return describeRuntime(await loadTensorflow());
}

async function load(): Promise<TensorflowRuntime> {
  try {
    return await loadNative();
  } catch (error) {
    const [nativeError] = (error as Error).message.split("\n");
    return await loadWasm(nativeError ?? "unknown error");
  }
}

async function loadNative(): Promise<TensorflowRuntime> {
  if (process.env.DAISY_TENSORFLOW === "wasm") throw new Error("DAISY_TENSORFLOW=wasm");
  // The library reads these when it loads. oneDNN's thread hand-over costs more than it gains at the batch
  // sizes of a workshop (4.4 against 2.9 ms a step), and its results depend on the machine.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= "2";
  process.env.TF_ENABLE_ONEDNN_OPTS ??= "0";
  restoreRemovedUtilities();
  const native = require("@tensorflow/tfjs-node") as typeof TensorflowNode;
  await native.ready();
  const binding = (native.backend() as unknown as { readonly binding: { readonly TF_Version: string } }).binding;
  const tf = native as unknown as TensorflowApi;
  return { tf, runtime: "tfjs-node", version: binding.TF_Version, node: native.node };
}

/** tfjs-node 4.22 calls functions of `node:util` that Node 23 removed. */
function restoreRemovedUtilities(): void {
  const util = require("node:util") as Record<string, unknown>;
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  util.isArray ??= Array.isArray;
}

async function loadWasm(nativeError: string): Promise<TensorflowRuntime> {
  const tf = require("@tensorflow/tfjs") as TensorflowApi;
  const wasm = require("@tensorflow/tfjs-backend-wasm") as typeof WasmBackend;
  wasm.setWasmPaths(`${path.dirname(require.resolve("@tensorflow/tfjs-backend-wasm"))}${path.sep}`);
  registerMissingWasmKernels(tf);
  if (!(await tf.setBackend("wasm"))) throw new Error("TensorFlow.js could not start its WebAssembly backend");
  await tf.ready();
  return { tf, runtime: "tfjs-wasm", version: tf.version["tfjs-core"], nativeError };
}
