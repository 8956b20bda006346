import { copyFile, rm } from "node:fs/promises";
import path from "node:path";
import type { AddonPackage } from "./addon.ts";
import { runProgram } from "./run-program.ts";

const DOWNLOAD_HOST = "https://storage.googleapis.com/";
const REACH_TIMEOUT = 5_000;
const INSTALL_TIMEOUT = 300_000;

/**
 * Runs the package's own install script, which downloads a prebuilt TensorFlow library and addon. It was held back by
 * `ignore-scripts=true`. Throws when the download host cannot be reached or the script fails.
 */
export async function installOrdinary(addon: AddonPackage, signal?: AbortSignal): Promise<void> {
  await expectHostToAnswer(signal);
  // A half-finished download of an earlier try would be taken for a whole one.
  await removeNativeParts(addon);
  const manifest = path.join(addon.folder, "package.json");
  const keptManifest = `${manifest}.kept`;
  await copyFile(manifest, keptManifest);
  try {
    const binFolder = path.join(addon.folder, "..", "..", ".bin");
    await runProgram(process.execPath, ["scripts/install.js"], {
      cwd: addon.folder,
      env: { ...process.env, PATH: `${binFolder}${path.delimiter}${process.env.PATH ?? ""}` },
      timeout: INSTALL_TIMEOUT,
      signal,
    });
  } finally {
    // The script edits its own manifest and puts it back only when it succeeds.
    await copyFile(keptManifest, manifest);
    await rm(keptManifest, { force: true });
  }
}

/** Removes the library and the addon, so that the next way to install starts from nothing. */
export async function removeNativeParts(addon: AddonPackage): Promise<void> {
  await rm(addon.dependencies, { recursive: true, force: true });
  await rm(addon.library, { recursive: true, force: true });
}

/**
 * Asks the host first: the install script itself waits for minutes behind a closed firewall. Behind a proxy there is
 * no asking ahead, because Node's own fetch does not use one while the script does.
 */
async function expectHostToAnswer(signal?: AbortSignal): Promise<void> {
  const { env } = process;
  if (env.TFJS_NODE_CDN_STORAGE || env.TFJS_NODE_BASE_URI || env.CDN_STORAGE) return;
  if (env.HTTPS_PROXY || env.https_proxy || env.HTTP_PROXY || env.http_proxy) return;
  const timeout = AbortSignal.timeout(REACH_TIMEOUT);
  try {
    await fetch(DOWNLOAD_HOST, { method: "HEAD", signal: signal ? AbortSignal.any([signal, timeout]) : timeout });
  } catch {
    signal?.throwIfAborted();
    throw new Error(`${DOWNLOAD_HOST} cannot be reached`);
  }
}
