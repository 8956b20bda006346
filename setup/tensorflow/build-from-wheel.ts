import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, cp, link, mkdir, readdir, rename, rm, symlink } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { type AddonPackage, bindingPath, NAPI_VERSION } from "./addon.ts";
import { removeNativeParts } from "./install-ordinary.ts";
import { runProgram } from "./run-program.ts";

/** The pip package that carries a whole libtensorflow for this machine, and how its files are called. */
interface Wheel {
  readonly package: string;
  readonly platforms: readonly string[];
  /** File in the wheel's `tensorflow` folder, and the names under which the addon's build and load look for it. */
  readonly libraries: Readonly<Record<string, readonly string[]>>;
}

const WHEEL_VERSION = "2.21.0";
const WHEEL_PYTHON_VERSION = "3.11";
const PIP_TIMEOUT = 600_000;
const EXTRACT_TIMEOUT = 300_000;
const COMPILE_TIMEOUT = 600_000;

const LINUX_LIBRARIES = {
  "libtensorflow_cc.so.2": ["libtensorflow.so"],
  "libtensorflow_framework.so.2": ["libtensorflow_framework.so"],
};

const WHEELS: Readonly<Record<string, Wheel>> = {
  "linux-x64": {
    package: "tensorflow-cpu",
    platforms: ["manylinux_2_27_x86_64", "manylinux_2_17_x86_64"],
    libraries: LINUX_LIBRARIES,
  },
  "linux-arm64": {
    package: "tensorflow",
    platforms: ["manylinux_2_27_aarch64", "manylinux_2_17_aarch64"],
    libraries: LINUX_LIBRARIES,
  },
  "darwin-arm64": {
    package: "tensorflow",
    platforms: ["macosx_12_0_arm64"],
    libraries: {
      "libtensorflow_cc.2.dylib": ["libtensorflow.2.dylib", "libtensorflow.dylib"],
      "libtensorflow_framework.2.dylib": ["libtensorflow_framework.dylib"],
    },
  },
};

/**
 * Builds the addon against the libtensorflow inside TensorFlow's pip wheel, and puts both into the package. What was
 * built stays in the user's cache folder, so that the next clone only links it. Throws when pip, a wheel for this
 * machine or a C++ compiler is missing.
 */
export async function buildFromWheel(
  addon: AddonPackage,
  log: (message: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  const machine = `${process.platform}-${process.arch}`;
  const wheel = WHEELS[machine];
  if (!wheel) throw new Error(`TensorFlow ${WHEEL_VERSION} has no wheel for ${machine}`);

  const built = path.join(cacheFolder(), `tfjs-node-${addon.version}-${wheel.package}-${WHEEL_VERSION}-${machine}`);
  if (existsSync(bindingPath(built))) {
    log(`Taking the addon that was built before from ${built}`);
  } else {
    await buildAside(addon, wheel, built, log, signal);
  }
  await installBuilt(addon, built);
}

/** `$XDG_CACHE_HOME/daisy/tensorflow`, by default under `~/.cache`. */
function cacheFolder(): string {
  return path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), ".cache"), "daisy", "tensorflow");
}

/** Builds in a folder of its own and renames it at the end, so that a broken build is never taken for a whole one. */
async function buildAside(
  addon: AddonPackage,
  wheel: Wheel,
  built: string,
  log: (message: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  const aside = `${built}.${randomUUID()}`;
  await mkdir(aside, { recursive: true });
  try {
    log(`Downloading ${wheel.package} ${WHEEL_VERSION} with pip for its libtensorflow`);
    await extractWheel(await downloadWheel(wheel, aside, signal), aside, signal);
    await layOutDependencies(wheel, aside);
    log("Compiling the addon of @tensorflow/tfjs-node against it");
    await compileAddon(addon, aside, signal);
    for (const name of ["wheel", "extracted", "build", "binding", "deps/include"]) {
      await rm(path.join(aside, name), { recursive: true, force: true });
    }
    await publish(aside, built);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

async function downloadWheel(wheel: Wheel, aside: string, signal?: AbortSignal): Promise<string> {
  const folder = path.join(aside, "wheel");
  const args = [
    ...["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--retries", "0"],
    ...["--no-deps", "--only-binary=:all:", "--python-version", WHEEL_PYTHON_VERSION],
    ...wheel.platforms.flatMap((platform) => ["--platform", platform]),
    ...["--dest", folder, `${wheel.package}==${WHEEL_VERSION}`],
  ];
  const download = (env: NodeJS.ProcessEnv): Promise<string> =>
    runProgram("python3", args, { env, timeout: PIP_TIMEOUT, signal });
  try {
    await download(process.env);
  } catch (error) {
    const settings = accountPipSettings();
    if (!settings || signal?.aborted) throw error;
    await download({ ...process.env, PIP_CONFIG_FILE: settings });
  }
  const files = await readdir(folder);
  const file = files.find((name) => name.endsWith(".whl"));
  if (!file) throw new Error(`pip download left no wheel in ${folder}, but: ${files.join(", ") || "nothing"}`);
  return path.join(folder, file);
}

/**
 * The account's own pip settings (index, proxy, certificate), which pip does not see while HOME points to another
 * folder, as it does for a trial in an empty one.
 */
function accountPipSettings(): string | undefined {
  const { homedir } = os.userInfo();
  if (process.env.PIP_CONFIG_FILE || path.resolve(homedir) === path.resolve(os.homedir())) return undefined;
  const candidates = [".config/pip/pip.conf", ".pip/pip.conf", "Library/Application Support/pip/pip.conf"];
  return candidates.map((file) => path.join(homedir, file)).find((file) => existsSync(file));
}

/** Python unzips, since pip needed it anyway: `unzip` is not on every machine. */
async function extractWheel(wheelFile: string, aside: string, signal?: AbortSignal): Promise<void> {
  const program = [
    "import sys, zipfile",
    "archive = zipfile.ZipFile(sys.argv[1])",
    "wanted = ('tensorflow/include/', 'tensorflow/libtensorflow')",
    "archive.extractall(sys.argv[2], [name for name in archive.namelist() if name.startswith(wanted)])",
  ].join("\n");
  const args = ["-c", program, wheelFile, path.join(aside, "extracted")];
  await runProgram("python3", args, { timeout: EXTRACT_TIMEOUT, signal });
}

async function layOutDependencies(wheel: Wheel, aside: string): Promise<void> {
  const extracted = path.join(aside, "extracted", "tensorflow");
  const libraryFolder = path.join(aside, "deps", "lib");
  await mkdir(libraryFolder, { recursive: true });
  await rename(path.join(extracted, "include"), path.join(aside, "deps", "include"));
  for (const [file, links] of Object.entries(wheel.libraries)) {
    await rename(path.join(extracted, file), path.join(libraryFolder, file));
    for (const name of links) await symlink(file, path.join(libraryFolder, name));
  }
}

async function compileAddon(addon: AddonPackage, aside: string, signal?: AbortSignal): Promise<void> {
  await cp(path.join(addon.folder, "binding"), path.join(aside, "binding"), { recursive: true });
  await copyFile(path.join(addon.folder, "binding.gyp"), path.join(aside, "binding.gyp"));
  await copyFile(path.join(addon.folder, "package.json"), path.join(aside, "package.json"));
  const { command, args } = nodeGyp();
  await runProgram(
    command,
    [
      ...args,
      "rebuild",
      ...installedHeaders(),
      `--module_name=tfjs_binding`,
      `--module_path=${path.dirname(bindingPath(aside))}`,
      `--napi_build_version=${NAPI_VERSION}`,
    ],
    { cwd: aside, timeout: COMPILE_TIMEOUT, signal },
  );
  if (!existsSync(bindingPath(aside))) throw new Error(`node-gyp rebuild left no ${bindingPath(aside)}`);
}

/** The node-gyp that npm brings along; npm tells a script that it runs where it lies itself. */
function nodeGyp(): { command: string; args: string[] } {
  const prefix = path.dirname(path.dirname(process.execPath));
  const npmFolders = [
    ...(process.env.npm_execpath ? [path.dirname(path.dirname(process.env.npm_execpath))] : []),
    path.join(prefix, "lib", "node_modules", "npm"),
    path.join(prefix, "share", "nodejs", "npm"),
  ];
  const script = npmFolders
    .map((folder) => path.join(folder, "node_modules", "node-gyp", "bin", "node-gyp.js"))
    .find((file) => existsSync(file));
  return script ? { command: process.execPath, args: [script] } : { command: "node-gyp", args: [] };
}

/** Node's headers beside the running Node, when it has them: node-gyp would otherwise download them. */
function installedHeaders(): string[] {
  const prefix = path.dirname(path.dirname(process.execPath));
  return existsSync(path.join(prefix, "include", "node", "node_api.h")) ? [`--nodedir=${prefix}`] : [];
}

/** Gives the finished folder its name; another setup that was faster wins. */
async function publish(aside: string, built: string): Promise<void> {
  try {
    await rename(aside, built);
  } catch (error) {
    if (!existsSync(bindingPath(built))) throw error;
  }
}

async function installBuilt(addon: AddonPackage, built: string): Promise<void> {
  const aside = path.join(addon.folder, `.installing-${randomUUID()}`);
  try {
    await linkTree(path.join(built, "deps"), path.join(aside, "deps"));
    await linkTree(path.join(built, "lib"), path.join(aside, "lib"));
    await removeNativeParts(addon);
    await rename(path.join(aside, "deps"), addon.dependencies);
    await rename(path.join(aside, "lib"), addon.library);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

/** Copies a folder by hard links where the file system allows: the library is 0.8 GB, and outlives the cache so. */
async function linkTree(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const source = path.join(from, entry.name);
    const target = path.join(to, entry.name);
    if (entry.isDirectory()) await linkTree(source, target);
    else if (entry.isSymbolicLink()) await cp(source, target, { verbatimSymlinks: true });
    else await link(source, target).catch(() => copyFile(source, target));
  }
}
