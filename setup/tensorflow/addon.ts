import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { runProgram } from "./run-program.ts";

/** Where the package `@tensorflow/tfjs-node` lies, and where it looks for its native parts. */
export interface AddonPackage {
  readonly folder: string;
  readonly version: string;
  /** Shared libraries (`deps/lib`) and headers (`deps/include`) of TensorFlow. */
  readonly dependencies: string;
  /** Holds `napi-v8/tfjs_binding.node`. */
  readonly library: string;
}

/** The newest Node-API version that tfjs-node's `package.json` lists; every Node this project runs on has it. */
export const NAPI_VERSION = 8;

const CHECK_TIMEOUT = 60_000;

/** The installed package, or undefined when it is not there (it is an optional speed-up). */
export function findAddonPackage(): AddonPackage | undefined {
  const folder = path.join(import.meta.dirname, "..", "..", "node_modules", "@tensorflow", "tfjs-node");
  const found = existsSync(path.join(folder, "package.json")) ? folder : resolvePackageFolder();
  if (found === undefined) return undefined;
  const { version } = JSON.parse(readFileSync(path.join(found, "package.json"), "utf8")) as { version: string };
  return { folder: found, version, dependencies: path.join(found, "deps"), library: path.join(found, "lib") };
}

/** The folder when the package lies elsewhere on the resolution path, as in a workspace. */
function resolvePackageFolder(): string | undefined {
  try {
    return path.dirname(createRequire(import.meta.url).resolve("@tensorflow/tfjs-node/package.json"));
  } catch {
    return undefined;
  }
}

/** The path of the compiled addon inside a folder laid out as the package is. */
export function bindingPath(folder: string): string {
  return path.join(folder, "lib", `napi-v${NAPI_VERSION}`, "tfjs_binding.node");
}

/**
 * The version of the TensorFlow library that the addon runs on, or undefined when the addon does not load.
 * It is loaded in a process of its own, since a mismatched library may end the process that loads it.
 */
export async function addonTensorflowVersion(addon: AddonPackage, signal?: AbortSignal): Promise<string | undefined> {
  if (!existsSync(bindingPath(addon.folder))) return undefined;
  const program = `
    const binding = require(${JSON.stringify(bindingPath(addon.folder))});
    process.stdout.write(String(binding.TF_Version));
  `;
  try {
    const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: "3" };
    return await runProgram(process.execPath, ["-e", program], { env, timeout: CHECK_TIMEOUT, signal });
  } catch {
    signal?.throwIfAborted();
    return undefined;
  }
}
