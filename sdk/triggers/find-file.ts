import { readdir, stat } from "node:fs/promises";
import path from "node:path";

/** A file that a pattern names. */
export interface FoundFile {
  readonly path: string;
  readonly modified: Date;
}

/** What a folder holds: names, and which of them are folders. */
export type Listing = readonly { readonly name: string; readonly isFolder: boolean }[];

/** Reads folders; one that remembers serves many patterns with one look each. */
export type ReadFolder = (folder: string) => Promise<Listing>;

const WILD = /[*?[]/;

/**
 * The first file that a path or glob pattern names, or undefined: as Airflow's FileSensor looks. `*`, `?` and `[…]`
 * match within a name and leave hidden files out; `**` matches any depth of folders with `recursive`. A folder counts
 * when there is a file anywhere below it.
 */
export async function findFile(
  pattern: string,
  recursive: boolean,
  readFolder: ReadFolder = readRealFolder,
): Promise<FoundFile | undefined> {
  const absolute = path.resolve(pattern);
  const root = path.parse(absolute).root;
  for await (const match of expand(root, absolute.slice(root.length).split(path.sep), recursive, readFolder)) {
    const found = await firstFile(match, readFolder);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What a folder holds now; nothing when there is none. */
export async function readRealFolder(folder: string): Promise<Listing> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() }));
}

async function* expand(
  folder: string,
  [segment, ...rest]: readonly string[],
  recursive: boolean,
  readFolder: ReadFolder,
): AsyncGenerator<string> {
  if (segment === undefined || segment === "") {
    yield folder;
  } else if (segment === "**" && recursive) {
    yield* expand(folder, rest, recursive, readFolder);
    for (const { name, isFolder } of await readFolder(folder)) {
      if (name.startsWith(".")) continue;
      if (isFolder) yield* expand(path.join(folder, name), [segment, ...rest], recursive, readFolder);
      else if (rest.length === 0) yield path.join(folder, name);
    }
  } else if (!WILD.test(segment)) {
    yield* expand(path.join(folder, segment), rest, recursive, readFolder);
  } else {
    const matches = nameMatcher(segment);
    for (const { name } of await readFolder(folder)) {
      if (matches(name)) yield* expand(path.join(folder, name), rest, recursive, readFolder);
    }
  }
}

function nameMatcher(pattern: string): (name: string) => boolean {
  const source = pattern.replace(/\[([!^]?)([^\]]+)\]|[\\^$.|+(){}[\]*?]/g, (found, negated, characters) => {
    if (characters !== undefined) return `[${negated ? "^" : ""}${characters.replace(/[\\\]^]/g, "\\$&")}]`;
    return found === "*" ? "[^/]*" : found === "?" ? "[^/]" : `\\${found}`;
  });
  const whole = new RegExp(`^${source}$`, "su");
  return (name) => whole.test(name) && (pattern.startsWith(".") || !name.startsWith("."));
}

/** The path itself when it is a file, else the first file below it. */
async function firstFile(match: string, readFolder: ReadFolder): Promise<FoundFile | undefined> {
  const state = await stat(match).catch(() => undefined);
  if (state === undefined) return undefined;
  if (!state.isDirectory()) return { path: match, modified: state.mtime };
  for (const { name } of await readFolder(match)) {
    const found = await firstFile(path.join(match, name), readFolder);
    if (found !== undefined) return found;
  }
  return undefined;
}
