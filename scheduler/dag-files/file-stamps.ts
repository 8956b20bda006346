import { lstat, stat } from "node:fs/promises";
import { splitArchivePath } from "#core/dag-code/archive.ts";

/** The stamp of a file that is not there. */
export const MISSING = "missing";

/**
 * A file's size and times, by which a change shows. A file of an archive has the archive's; a link that leads nowhere
 * its own.
 */
export async function stampOf(path: string): Promise<string> {
  const found = await stat(path)
    .catch(async (error: NodeJS.ErrnoException) => {
      const place = error.code === "ENOTDIR" ? splitArchivePath(path) : undefined;
      return place === undefined ? lstat(path) : stat(place.archive);
    })
    .catch(() => undefined);
  return found === undefined ? MISSING : `${found.mtimeMs} ${found.ctimeMs} ${found.size} ${found.ino}`;
}

/** The stamps of several files, by path. */
export async function stampsOf(paths: readonly string[]): Promise<Map<string, string>> {
  return new Map(await Promise.all(paths.map(async (path) => [path, await stampOf(path)] as const)));
}

/**
 * Those of some files, each with the stamps that it had and that its inputs had, that are not as they were. They are looked at
 * one after the other: however many there are, nothing else waits for it.
 */
export async function findChanged(files: Iterable<readonly [string, ReadonlyMap<string, string>]>): Promise<string[]> {
  const stamps = new Map<string, string>();
  const changed: string[] = [];
  for (const [file, known] of files) {
    for (const [path, stamp] of known) {
      const found = stamps.get(path) ?? (await stampOf(path));
      stamps.set(path, found);
      if (found === stamp) continue;
      changed.push(file);
      break;
    }
  }
  return changed;
}
