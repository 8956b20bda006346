import { createHash, randomUUID } from "node:crypto";
import { mkdir, rename, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** What a stored bundle writes for the root of the installation that will run it, which may lie anywhere. */
export const INSTALL_SPECIFIER = "daisy-install:/";

const INSTALL_ROOT = new URL("../../", import.meta.url).href;

/** Where the bundles of DAG versions lie, ready to run. @param home AIRFLOW_HOME */
export const codeCacheDir = (home: string): string => join(home, "cache", "dag-code");

/** The hash under which a bundle is stored: SHA-256 in hexadecimal. */
export function hashBundle(bundle: string): string {
  return createHash("sha256").update(bundle).digest("hex");
}

/**
 * Writes a stored bundle where it can be imported, and returns the path. Specifiers that start with
 * `daisy-install:/` become file URLs of this installation. A file that is there already is kept.
 * @param codeHash `dag_code.code_hash`; a bundle that does not have it is refused
 * @param cacheDir made when missing
 */
export async function materializeBundle(bundle: string, codeHash: string, cacheDir: string): Promise<string> {
  const actual = hashBundle(bundle);
  if (actual !== codeHash) {
    throw new Error(`The stored code of a DAG file should have SHA-256 ${codeHash}, but has ${actual}`);
  }
  const path = join(cacheDir, `${codeHash}.mjs`);
  if (await isThere(path)) return path;
  await mkdir(cacheDir, { recursive: true });
  const aside = join(cacheDir, `.${codeHash}-${randomUUID()}.mjs`);
  await writeFile(aside, bundle.replaceAll(INSTALL_SPECIFIER, INSTALL_ROOT), { mode: 0o600 });
  await rename(aside, path);
  return path;
}

/** Whether the file is there; if so, it counts as used now, so that nobody takes it for an old one. */
function isThere(path: string): Promise<boolean> {
  const now = new Date();
  return utimes(path, now, now).then(
    () => true,
    () => false,
  );
}
