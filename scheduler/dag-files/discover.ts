import type { Dirent } from "node:fs";
import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Log } from "#core/log.ts";
import { type IgnoreFile, type IgnoreSyntax, readIgnoreFile } from "./ignore-file.ts";

/** What is below a dags folder: paths relative to it, with `/` between names. */
export interface Listing {
  readonly files: readonly string[];
  /** The folder itself is the empty path. */
  readonly directories: readonly string[];
}

const DAG_FILE = /(?<!\.d)\.m?[jt]s$/;
const SKIPPED_DIRECTORIES = new Set(["node_modules", "__pycache__"]);

/** Whether a path's name is one that a DAG file may have. */
export function mayBeDagFile(path: string): boolean {
  return DAG_FILE.test(path) && !path.split("/").some((name) => name.startsWith(".") || SKIPPED_DIRECTORIES.has(name));
}

/**
 * Airflow's safe mode: a file is loaded only when its text speaks of a dag, and of airflow or daisy, in any case.
 * So files of helpers are not run for themselves.
 */
export function mayHoldDags(text: string): boolean {
  return /dag/i.test(text) && /airflow|daisy/i.test(text);
}

/**
 * Lists the DAG files below a folder, following symbolic links, without what .airflowignore files exclude.
 * A missing folder has no files; a link that leads back up is logged and left out.
 */
export async function discover(folder: string, log: Log, syntax: IgnoreSyntax = "glob"): Promise<Listing> {
  const files: string[] = [];
  const directories: string[] = [];

  const walk = async (path: string, above: readonly string[], inherited: readonly IgnoreFile[]): Promise<void> => {
    const absolute = join(folder, path);
    const [real, entries] = await Promise.all([
      realpath(absolute).catch(() => absolute),
      readdir(absolute, { withFileTypes: true }).catch((): Dirent[] => []),
    ]);
    if (above.includes(real)) {
      log.warning(`Detected recursive loop when walking DAG directory ${folder}: ${real} has appeared more than once.`);
      return;
    }
    directories.push(path);
    const ignores = [...inherited];
    if (entries.some((entry) => entry.name === ".airflowignore")) {
      const text = await readFile(join(absolute, ".airflowignore"), "utf8").catch(() => "");
      ignores.push(readIgnoreFile(text, path, syntax, log));
    }
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.name.startsWith(".") || SKIPPED_DIRECTORIES.has(entry.name)) continue;
      const entryPath = path === "" ? entry.name : `${path}/${entry.name}`;
      const isDirectory = await pointsToDirectory(entry, join(folder, entryPath));
      if (isExcluded(ignores, entryPath, isDirectory)) continue;
      if (isDirectory) await walk(entryPath, [...above, real], ignores);
      else if (DAG_FILE.test(entry.name)) files.push(entryPath);
    }
  };

  await walk("", [], []);
  return { files, directories };
}

async function pointsToDirectory(entry: Dirent, path: string): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  const target = await stat(path).catch(() => undefined);
  return target?.isDirectory() ?? false;
}

/** The deepest .airflowignore file that says something decides. */
function isExcluded(ignores: readonly IgnoreFile[], path: string, isDirectory: boolean): boolean {
  for (const decide of ignores.toReversed()) {
    const verdict = decide(path, isDirectory);
    if (verdict !== undefined) return verdict;
  }
  return false;
}
