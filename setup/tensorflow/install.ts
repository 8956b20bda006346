import { pathToFileURL } from "node:url";
import { type AddonPackage, addonTensorflowVersion, findAddonPackage } from "./addon.ts";
import { buildFromWheel } from "./build-from-wheel.ts";
import { installOrdinary } from "./install-ordinary.ts";

/** Which TensorFlow the setup arrived at. */
export interface TensorflowInstallation {
  readonly runtime: "tfjs-node" | "tfjs-wasm";
  /** How it came: found, downloaded by its own installer, built against pip's libtensorflow, or the fallback. */
  readonly way: "present" | "ordinary" | "wheel" | "fallback";
  /** The native library's version, when it is the native one. */
  readonly tensorflowVersion?: string;
}

export interface InstallOptions {
  readonly log: (message: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * Makes `@tensorflow/tfjs-node` load: by its own installer, else by building its addon against the library in
 * TensorFlow's pip wheel, else not at all, and training runs on tfjs with WebAssembly. Never throws for a missing
 * network or compiler, only when `signal` aborts. Run again, it finds what is there and does nothing.
 */
export async function installTensorflow({ log, signal }: InstallOptions): Promise<TensorflowInstallation> {
  const addon = findAddonPackage();
  if (!addon) return fallBack("@tensorflow/tfjs-node is not installed", log);

  const present = await addonTensorflowVersion(addon, signal);
  if (present) {
    log(`TensorFlow ${present} is in place (@tensorflow/tfjs-node)`);
    return { runtime: "tfjs-node", way: "present", tensorflowVersion: present };
  }
  const ways = [
    { way: "ordinary", install: () => installOrdinary(addon, signal) },
    { way: "wheel", install: () => buildFromWheel(addon, log, signal) },
  ] as const;
  for (const { way, install } of ways) {
    const installed = await tryInstall(addon, way, install, { log, signal });
    if (installed) return { runtime: "tfjs-node", way, tensorflowVersion: installed };
  }
  return fallBack("neither way to install @tensorflow/tfjs-node worked", log);
}

async function tryInstall(
  addon: AddonPackage,
  way: string,
  install: () => Promise<void>,
  { log, signal }: InstallOptions,
): Promise<string | undefined> {
  try {
    await install();
    const version = await addonTensorflowVersion(addon, signal);
    if (!version) throw new Error("what was installed does not load");
    log(`TensorFlow ${version} is installed (@tensorflow/tfjs-node, ${way})`);
    return version;
  } catch (error) {
    signal?.throwIfAborted();
    log(`TensorFlow by the ${way} way did not work: ${(error as Error).message}`);
    return undefined;
  }
}

function fallBack(reason: string, log: (message: string) => void): TensorflowInstallation {
  log(`Training will run on TensorFlow.js with WebAssembly: ${reason}`);
  return { runtime: "tfjs-wasm", way: "fallback" };
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  await installTensorflow({ log: console.log, signal: stop.signal });
}
