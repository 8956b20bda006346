import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { isArchiveName } from "#core/dag-code/archive.ts";
import type { Log } from "#core/log.ts";
import { ArchiveListings } from "./archive-listings.ts";
import { isPassedOver, mayBeDagFile } from "./dag-file-names.ts";
import type { Ignorable, IgnoreFile } from "./ignore-file.ts";
import { IgnoreFiles } from "./ignore-files.ts";

/** What is below a dags folder: paths relative to it, with `/` between names. */
export interface Listing {
  /** Files, and those at the root of an archive: `pack.zip/a.ts`. */
  readonly files: readonly string[];
  /** The folder itself is the empty path. */
  readonly directories: readonly string[];
  /** Directories that could not be read: nobody knows what is below them. */
  readonly unreadable: readonly string[];
  /** Whether the folder is there and has nothing in it at all. */
  readonly isBare: boolean;
}

/**
 * Airflow's safe mode: a file is loaded only when its text speaks of a dag, and of airflow or daisy, in any case
 * (`might_contain_dag` of `airflow/utils/file.py`). So files of helpers are not run for themselves.
 */
export function mayHoldDags(bytes: Buffer): boolean {
  // Without the zeros, UTF-16 shows that it speaks of DAGs, so that the file is not passed over in silence.
  const text = bytes.toString("latin1").replaceAll("\0", "");
  return /dag/i.test(text) && /airflow|daisy/i.test(text);
}

/**
 * Lists the DAG files below a folder, following symbolic links, without what .airflowignore files exclude. A link that
 * leads back up is logged and left out. What is no ordinary file but has a DAG file's name is listed too: it is told
 * when it is parsed.
 */
export async function discover(
  folder: string,
  log: Log,
  ignoreFiles = new IgnoreFiles(),
  archives = new ArchiveListings(),
): Promise<Listing> {
  const files: string[] = [];
  const directories: string[] = [];
  const unreadable: string[] = [];
  let isBare = false;

  const walk = async (path: string, above: readonly string[], inherited: readonly IgnoreFile[]): Promise<void> => {
    const absolute = join(folder, path);
    const [real, entries] = await Promise.all([
      realpath(absolute).catch(() => absolute),
      readdir(absolute, { withFileTypes: true }).catch((error: Error) => error),
    ]);
    if (above.includes(real)) {
      log.warning(`Detected recursive loop when walking DAG directory ${folder}: ${real} has appeared more than once.`);
      return;
    }
    directories.push(path);
    if (entries instanceof Error) {
      unreadable.push(path);
      return;
    }
    if (path === "") isBare = entries.length === 0;
    const ignores = [...inherited];
    if (entries.some((entry) => entry.name === ".airflowignore")) {
      ignores.push(await ignoreFiles.read(folder, path, log));
    }
    const found: Ignorable[] = [];
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (isPassedOver(entry.name)) continue;
      const entryPath = path === "" ? entry.name : `${path}/${entry.name}`;
      const isDirectory = await pointsToDirectory(entry, join(folder, entryPath));
      if (isDirectory || mayBeDagFile(entry.name) || isArchiveName(entry.name)) {
        found.push({ path: entryPath, isDirectory });
      }
    }
    for (const entry of await withoutExcluded(found, ignores, log)) {
      if (entry.isDirectory) await walk(entry.path, [...above, real], ignores);
      else if (isArchiveName(entry.path)) files.push(...(await archives.list(join(folder, entry.path), entry.path)));
      else files.push(entry.path);
    }
  };

  await walk("", [], []);
  return { files, directories, unreadable, isBare };
}

async function pointsToDirectory(entry: Dirent, path: string): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  const target = await stat(path).catch(() => undefined);
  return target?.isDirectory() ?? false;
}

/** Of each entry, the deepest .airflowignore file that says something decides. */
async function withoutExcluded(
  entries: readonly Ignorable[],
  ignores: readonly IgnoreFile[],
  log: Log,
): Promise<readonly Ignorable[]> {
  const excluded = new Set<Ignorable>();
  let undecided = entries;
  for (const file of ignores.toReversed()) {
    const verdicts = await file.judge(undecided, log);
    for (const [entry, isExcluded] of verdicts) if (isExcluded) excluded.add(entry);
    undecided = undecided.filter((entry) => !verdicts.has(entry));
  }
  return entries.filter((entry) => !excluded.has(entry));
}
