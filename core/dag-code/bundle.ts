import { dirname, extname, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { build, type Loader, type Message, type Plugin } from "esbuild";
import { archivedModules } from "./archived-modules.ts";
import { BundleError, DagSources } from "./dag-source.ts";
import { hashBundle, INSTALL_SPECIFIER } from "./materialize.ts";

export interface DagBundle {
  readonly bundle: string;
  /** The bundle's SHA-256. */
  readonly codeHash: string;
  /** The same without what only tells lines: comments and empty lines make no difference. */
  readonly logicHash: string;
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

/** A larger bundle is data that should be read when it is needed, and would have to be sent to every worker. */
const MOST_CHARACTERS = 64 * 1024 * 1024;

/**
 * Makes one ECMAScript module of a DAG file and everything it imports, except Node's own modules and this
 * installation's. Runs none of it. The bundle depends only on the files' text and their places, so the same files
 * give the same hash. Throws BundleError.
 * @param file absolute path, which may lead into an archive: `/dags/pack.zip/a.ts`
 * @param dagsFolder absolute; paths in messages and stacks are seen from here
 */
export async function bundleDagFile(file: string, dagsFolder: string): Promise<DagBundle> {
  const sources = await DagSources.open(file, dagsFolder);
  try {
    return await bundleSources(sources, file, dagsFolder);
  } finally {
    sources.close();
  }
}

/** The same, of sources that are open already. */
export async function bundleSources(sources: DagSources, file: string, dagsFolder: string): Promise<DagBundle> {
  const source = await sources.readText(file);
  const { archive } = sources;
  const seen = new Set([file]);
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
    plugins: [
      installed,
      noNativeModules,
      notePaths(seen),
      pythonFiles(sources, folder),
      ...(archive === undefined ? [] : [archivedModules(archive)]),
      ownFiles(sources),
    ],
  }).catch((failure: { errors?: Message[] }) => {
    throw failure.errors === undefined ? failure : bundleError(failure.errors, seen);
  });
  const bundle = result.outputFiles[0]!.text;
  if (bundle.length > MOST_CHARACTERS) {
    throw new BundleError(
      `${relative(dagsFolder, file)}: the file and what it imports make ${bundle.length} characters, more than the ` +
        `${MOST_CHARACTERS} that are allowed; read large data when a task needs it`,
    );
  }
  const inputs = Object.keys(result.metafile.inputs)
    .filter((input) => !isOfPackage(input) && !input.includes(":"))
    .map((input) => resolve(folder, input));
  return {
    bundle,
    codeHash: hashBundle(bundle),
    logicHash: hashBundle(bundle.replace(SOURCE_MAP, "")),
    source,
    inputs,
    warnings: result.warnings.map(describe),
  };
}

const SOURCE_MAP = /\n\/\/# sourceMappingURL=\S+\s*$/;

/** What a bundle that fails knows of its inputs is what was read until then. */
function bundleError(errors: readonly Message[], seen: ReadonlySet<string>): BundleError {
  const error = new BundleError(errors.map(describe).join("\n\n"));
  error.inputs = [...seen];
  return error;
}

const notePaths = (seen: Set<string>): Plugin => ({
  name: "note-paths",
  setup(build) {
    build.onLoad({ filter: /^/, namespace: "file" }, ({ path }) => {
      if (!isOfPackage(path)) seen.add(path);
      return undefined;
    });
  },
});

function isOfPackage(path: string): boolean {
  return path.split("/").includes("node_modules");
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
const pythonFiles = (sources: DagSources, folder: string): Plugin => ({
  name: "python-files",
  setup(build) {
    build.onLoad({ filter: /\.py$/ }, async ({ path }) => {
      const file = { path: relative(folder, path), source: await sources.readText(path) };
      return { contents: `export default ${JSON.stringify(file)};`, loader: "js" };
    });
  },
});

const LOADERS: Readonly<Record<string, Loader>> = {
  ".ts": "ts",
  ".mts": "ts",
  ".js": "js",
  ".mjs": "js",
  ".json": "json",
};

/**
 * Reads the files that are users' own. A bundle runs from elsewhere, but `import.meta.url` and its relatives are to
 * tell the file's own place.
 */
const ownFiles = (sources: DagSources): Plugin => ({
  name: "own-files",
  setup(build) {
    build.onLoad({ filter: /\.(m?[jt]s|json)$/, namespace: "file" }, async ({ path }) => {
      if (isOfPackage(path)) return undefined;
      const text = await sources.readText(path);
      const loader = LOADERS[extname(path)] ?? "js";
      const place = { url: pathToFileURL(path).href, dirname: dirname(path), filename: path };
      const contents =
        loader === "json"
          ? text
          : text.replaceAll(/\bimport\.meta\.(url|dirname|filename)\b/g, (_, name: keyof typeof place) =>
              JSON.stringify(place[name]),
            );
      // A package that an archive's module imports is looked for beside the archive.
      const { archive } = sources;
      const resolveDir = archive === undefined ? dirname(path) : dirname(archive.file);
      return { contents, loader, resolveDir };
    });
  },
});

function describe({ text, location }: Message): string {
  if (location === null) return text;
  const { file, line, column, lineText } = location;
  return `${file}:${line}: ${text}\n    ${lineText}\n    ${" ".repeat(column)}^`;
}
