import { isUtf8 } from "node:buffer";
import { lstat, readFile, stat } from "node:fs/promises";
import { relative } from "node:path";
import { Archive, isArchiveName, splitArchivePath } from "./archive.ts";

/** What a DAG file may be long at most; data belongs beside it. */
const MOST_BYTES = 16 * 1024 * 1024;

/** A DAG file that cannot be bundled; the message is one line `path:line: problem` and the lines it is about. */
export class BundleError extends Error {
  override readonly name = "BundleError";
  /** Absolute paths of what was read before. */
  inputs: readonly string[] = [];
}

/** Reads what a DAG file is made of: files, or, of a packaged one, the files of its archive. */
export class DagSources {
  readonly archive: Archive | undefined;
  readonly #dagsFolder: string;

  private constructor(archive: Archive | undefined, dagsFolder: string) {
    this.archive = archive;
    this.#dagsFolder = dagsFolder;
  }

  /**
   * @param file the DAG file: an absolute path, which may lead into an archive
   * @param dagsFolder absolute; paths in messages are seen from here
   */
  static async open(file: string, dagsFolder: string): Promise<DagSources> {
    // A folder may be named like an archive.
    const place = splitArchivePath(file) ?? (isArchiveName(file) ? { archive: file } : undefined);
    const found = place && (await stat(place.archive).catch(() => undefined));
    if (place === undefined || !found?.isFile()) return new DagSources(undefined, dagsFolder);
    const archive = await Archive.open(place.archive).catch((error: Error) => {
      throw new BundleError(`${relative(dagsFolder, place.archive)}: the archive cannot be read: ${error.message}`);
    });
    return new DagSources(archive, dagsFolder);
  }

  /** The bytes of a file. */
  async read(path: string): Promise<Buffer> {
    const inside = this.#pathInside(path);
    if (inside === undefined) return this.#readFile(path);
    return this.archive!.read(inside).catch((error: Error) => {
      throw new BundleError(`${relative(this.#dagsFolder, path)}: the archive cannot be read: ${error.message}`);
    });
  }

  /** The text of a file, which other encodings than UTF-8 would silently garble. */
  async readText(path: string): Promise<string> {
    const bytes = await this.read(path);
    if (isUtf8(bytes)) return bytes.toString("utf8");
    const lines = bytes.toString("latin1").split("\n");
    const line = lines.findIndex((text) => !isUtf8(Buffer.from(text, "latin1")));
    throw new BundleError(
      `${relative(this.#dagsFolder, path)}:${line + 1}: the file is not UTF-8 text; save it with the encoding UTF-8`,
    );
  }

  close(): void {
    this.archive?.close();
  }

  #pathInside(path: string): string | undefined {
    const root = this.archive === undefined ? undefined : `${this.archive.file}/`;
    return root !== undefined && path.startsWith(root) ? path.slice(root.length) : undefined;
  }

  async #readFile(path: string): Promise<Buffer> {
    const name = relative(this.#dagsFolder, path);
    try {
      const found = await stat(path);
      // Reading a pipe would wait for somebody to write into it.
      if (!found.isFile()) throw new BundleError(`${name}: it is not an ordinary file`);
      if (found.size > MOST_BYTES) {
        throw new BundleError(
          `${name}: the file has ${found.size} bytes, more than the ${MOST_BYTES} that are allowed`,
        );
      }
      return await readFile(path);
    } catch (error) {
      if (error instanceof BundleError) throw error;
      const { code, message } = error as NodeJS.ErrnoException;
      const isLink =
        code === "ENOENT" &&
        (await lstat(path)
          .then(() => true)
          .catch(() => false));
      throw new BundleError(
        `${name}: ${isLink ? "it is a symbolic link that leads nowhere" : `it cannot be read: ${message}`}`,
      );
    }
  }
}
