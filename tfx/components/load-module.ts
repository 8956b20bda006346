import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { builtinModules } from "node:module";
import os from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Plugin } from "esbuild";

/** What user code may import of this installation, and under which names. */
const OURS: Readonly<Record<string, URL>> = {
  daisy: new URL("../../sdk/index.ts", import.meta.url),
  "apache-airflow-ts-sdk": new URL("../../sdk/index.ts", import.meta.url),
  "daisy/tfx": new URL("../index.ts", import.meta.url),
};

/** The installation's folder: its packages, such as TensorFlow.js, serve module files that have none of their own. */
const INSTALLATION = fileURLToPath(new URL("../..", import.meta.url));

export type LoadedModule = Readonly<Record<string, unknown>>;

/**
 * Loads a user's module file: TypeScript or JavaScript, with its relative imports. Packages come from beside the file,
 * else from this installation; `daisy` and `daisy/tfx` are this installation.
 * @returns the module's exports
 * @throws when the file is missing, does not compile (with file and line), imports a package that is not there, or
 *   throws while it loads
 */
export async function loadModule(moduleFile: string): Promise<LoadedModule> {
  const file = path.resolve(moduleFile);
  if (!existsSync(file)) throw new Error(`The module file ${file} does not exist`);
  const folder = await mkdtemp(path.join(os.tmpdir(), "daisy-module-"));
  try {
    const bundled = path.join(folder, `${path.parse(file).name}.mjs`);
    await writeFile(bundled, await bundle(file));
    return (await import(pathToFileURL(bundled).href)) as LoadedModule;
  } catch (error) {
    throw new Error(`The module file ${file} does not load: ${messageOf(error)}`, { cause: error });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * A function that a module file exports.
 * @example const preprocessingFn = await loadFunction<PreprocessingFn>("dags/taxi_utils.ts", "preprocessingFn");
 * @throws when the module does not load, or exports no function of that name
 */
export async function loadFunction<F>(moduleFile: string, name: string): Promise<F> {
  const exported = await loadModule(moduleFile);
  const found = exported[name];
  if (typeof found === "function") return found as F;
  const names = Object.keys(exported).join(", ") || "nothing";
  const what = found === undefined ? `it exports ${names}` : `its ${name} is a ${typeof found}`;
  throw new Error(`The module file ${moduleFile} must export a function ${name}, but ${what}`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Bundling under way. esbuild's own process ends with the last of it, so that a task leaves none behind. */
let bundling = 0;

/** The module and its relative imports as one file; errors carry file and line. */
async function bundle(file: string): Promise<string> {
  const { build, stop } = await import("esbuild");
  bundling += 1;
  try {
    const { outputFiles } = await build({
      entryPoints: [file],
      // Errors name files as they are seen from the module's folder.
      absWorkingDir: path.dirname(file),
      bundle: true,
      write: false,
      format: "esm",
      platform: "node",
      target: "node20",
      sourcemap: "inline",
      logLevel: "silent",
      plugins: [packagesStayOutside()],
    });
    return outputFiles[0]!.text;
  } finally {
    bundling -= 1;
    if (bundling === 0) await stop();
  }
}

/** Leaves packages out of the bundle, as absolute addresses, so that each is loaded once in the process. */
function packagesStayOutside(): Plugin {
  const builtins = new Set(builtinModules);
  const resolving = {};
  return {
    name: "packages",
    setup({ onResolve, resolve }) {
      onResolve({ filter: /^[^./]/ }, async ({ path: name, resolveDir, kind, importer, pluginData }) => {
        if (pluginData === resolving || kind === "entry-point") return undefined;
        if (name.startsWith("node:") || builtins.has(name)) return { path: name, external: true };
        const ours = OURS[name];
        if (ours) return { path: ours.href, external: true };
        for (const from of [resolveDir, INSTALLATION]) {
          const found = await resolve(name, { resolveDir: from, importer, kind, pluginData: resolving });
          if (found.errors.length === 0) return { path: pathToFileURL(found.path).href, external: true };
        }
        return { errors: [{ text: `The package "${name}" is not installed` }] };
      });
    },
  };
}
