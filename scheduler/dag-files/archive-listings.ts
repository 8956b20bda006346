import { open, stat } from "node:fs/promises";
import { Archive } from "#core/dag-code/archive.ts";
import { mayBeDagFile } from "./dag-file-names.ts";
import { MISSING, stampOf } from "./file-stamps.ts";

const ZIP_BEGINS = "PK";

/** What the archives below a dags folder hold, each read again only when it changed. */
export class ArchiveListings {
  readonly #known = new Map<string, { readonly stamp: string; readonly files: readonly string[] }>();

  /**
   * The modules at the root of an archive, which alone are DAG files, as `pack.zip/a.ts`. An archive that cannot be read
   * is itself in the list, so that it is told when it is parsed; a file that only has an archive's name is not.
   * @param path absolute
   * @param name below the dags folder
   */
  async list(path: string, name: string): Promise<readonly string[]> {
    const stamp = await stampOf(path);
    const known = this.#known.get(path);
    if (known?.stamp === stamp && stamp !== MISSING) return known.files;
    const files = (await isArchive(path)) ? await listModules(path, name) : [];
    this.#known.set(path, { stamp, files });
    return files;
  }
}

async function listModules(path: string, name: string): Promise<string[]> {
  try {
    const archive = await Archive.open(path);
    archive.close();
    const modules = archive.names.filter((entry) => !entry.includes("/") && mayBeDagFile(entry));
    return modules.map((entry) => `${name}/${entry}`);
  } catch {
    return [name];
  }
}

/** Whether a file is an archive, or cannot be looked at. What is no ordinary file is not opened: a pipe would wait. */
async function isArchive(path: string): Promise<boolean> {
  try {
    if (!(await stat(path)).isFile()) return false;
    const file = await open(path);
    try {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(ZIP_BEGINS.length), 0, ZIP_BEGINS.length, 0);
      return buffer.toString("latin1", 0, bytesRead) === ZIP_BEGINS;
    } finally {
      await file.close();
    }
  } catch {
    return true;
  }
}
