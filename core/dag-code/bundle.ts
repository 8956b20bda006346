import { isUtf8 } from "node:buffer";
import { readFile } from "node:fs/promises";
import { dirname, extname, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { build, type Loader, type Message, type Plugin } from "esbuild";
import { hashBundle, INSTALL_SPECIFIER } from "./materialize.ts";

export interface DagBundle {
  readonly bundle: string;
  /** The bundle's SHA-256. */
  readonly codeHash: string;
  /** The text of the DAG file itself. */
  readonly source: string;
  /** Absolute paths of the files that the bundle is made of, packages left out. */
  readonly inputs: readonly string[];
  readonly warnings: readonly string[];
}

/** What a DAG file may import from this installation, wherever that will be. */
const INSTALLED: Readonly<Record<string, string>> = {
  daisy: `${INSTALL_SPECIFIER}sdk/index.ts`,
  "daisy/hitl": `${INSTALL_SPECIFIER}sdk/hitl/index.ts`,
  "daisy/tfx": `${INSTALL_SPECIFIER}tfx/index.ts`,
  "apache-airflow-ts-sdk": `${INSTALL_SPECIFIER}sdk/index.ts`,
  "apache-airflow-ts-sdk/hitl": `${INSTALL_SPECIFIER}sdk/hitl/index.ts`,
};

/** A DAG file that cannot be bundled; the message is one line `path:line: problem` and the lines it is about. */
export class BundleError extends Error {
  override readonly name = "BundleError";
}

/**
 * Makes one ECMAScript module of a DAG file and everything it imports, except Node's own modules and this
 * installation's. Runs none of it. The bundle depends only on the files' text and their places, so the same files
 * give the same hash.
 * @param file absolute path
 * @param dagsFolder absolute; paths in messages and stacks are seen from here
 */
export async function bundleDagFile(file: string, dagsFolder: string): Promise<DagBundle> {
  const source = await readSource(file, dagsFolder);
  // An example that ships is seen from its own folder: the dags folder may not even exist.
  const folder = file.startsWith(join(dagsFolder, "/")) ? dagsFolder : dirname(file);
  const result = await build({
    entryPoints: [file],
    absWorkingDir: folder,
    // Nothing is written; the place decides how the source map names the sources.
    outdir: folder,
    outbase: folder,
    write: false,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    sourcemap: "inline",
    // A task may take its id from its handler's name, which a bundler would change where two are the same.
    keepNames: true,
    sourcesContent: true,
    sourceRoot: `${pathToFileURL(dirname(file)).href}/`,
    metafile: true,
    logLevel: "silent",
    // Bundled CommonJS packages call `require` for Node's modules.
    banner: {
      js: `import { createRequire as daisyCreateRequire } from "node:module"; const require = daisyCreateRequire(${JSON.stringify(pathToFileURL(file).href)});`,
    },
    plugins: [installed, noNativeModules, pythonFiles(folder), ownPlace],
  }).catch((failure: { errors?: Message[] }) => {
    throw failure.errors === undefined ? failure : new BundleError(failure.errors.map(describe).join("\n\n"));
  });
  const bundle = result.outputFiles[0]!.text;
  const inputs = Object.keys(result.metafile.inputs)
    .filter((input) => !input.split("/").includes("node_modules") && !input.includes(":"))
    .map((input) => resolve(folder, input));
  return { bundle, codeHash: hashBundle(bundle), source, inputs, warnings: result.warnings.map(describe) };
}

/** The text of a file, which other encodings than UTF-8 would silently garble. */
async function readSource(file: string, dagsFolder: string): Promise<string> {
  const bytes = await readFile(file);
  if (isUtf8(bytes)) return bytes.toString("utf8");
  const lines = bytes.toString("latin1").split("\n");
  const line = lines.findIndex((text) => !isUtf8(Buffer.from(text, "latin1")));
  throw new BundleError(
    `${relative(dagsFolder, file)}:${line + 1}: the file is not UTF-8 text; save it with the encoding UTF-8`,
  );
}

const installed: Plugin = {
  name: "installed",
  setup(build) {
    build.onResolve({ filter: /^(daisy|apache-airflow-ts-sdk)(\/|$)/ }, ({ path }) => {
      const target = INSTALLED[path];
      if (target !== undefined) return { path: target, external: true };
      return {
        errors: [{ text: `Could not resolve "${path}": a DAG file can import ${Object.keys(INSTALLED).join(", ")}` }],
      };
    });
  },
};

const noNativeModules: Plugin = {
  name: "no-native-modules",
  setup(build) {
    build.onLoad({ filter: /\.node$/ }, ({ path }) => ({
      errors: [{ text: `${path} is a native module, which cannot be part of a DAG file's bundle` }],
    }));
  },
};

/** A `.py` file that a DAG file imports is its text: what runs it may be on another machine. */
const pythonFiles = (folder: string): Plugin => ({
  name: "python-files",
  setup(build) {
    build.onLoad({ filter: /\.py$/ }, async ({ path }) => {
      const file = { path: relative(folder, path), source: await readSource(path, folder) };
      return { contents: `export default ${JSON.stringify(file)};`, loader: "js" };
    });
  },
});

const LOADERS: Readonly<Record<string, Loader>> = { ".ts": "ts", ".mts": "ts", ".js": "js", ".mjs": "js" };

/** A bundle runs from elsewhere, but `import.meta.url` and its relatives are to tell the file's own place. */
const ownPlace: Plugin = {
  name: "own-place",
  setup(build) {
    build.onLoad({ filter: /\.m?[jt]s$/ }, async ({ path }) => {
      if (path.split("/").includes("node_modules")) return undefined;
      const text = await readFile(path, "utf8");
      if (!text.includes("import.meta.")) return undefined;
      const place = { url: pathToFileURL(path).href, dirname: dirname(path), filename: path };
      const contents = text.replaceAll(/\bimport\.meta\.(url|dirname|filename)\b/g, (_, name: keyof typeof place) =>
        JSON.stringify(place[name]),
      );
      return { contents, loader: LOADERS[extname(path)] ?? "js" };
    });
  },
};

function describe({ text, location }: Message): string {
  if (location === null) return text;
  const { file, line, column, lineText } = location;
  return `${file}:${line}: ${text}\n    ${lineText}\n    ${" ".repeat(column)}^`;
}
