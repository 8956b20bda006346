import { crc32 } from "node:zlib";
import { type Entry, openPromise, type ZipFile } from "yauzl";

/** What a packaged DAG may hold at most; what is beyond it is refused before it is unpacked. */
const MOST_ENTRIES = 10_000;
const MOST_BYTES_OF_ENTRY = 16 * 1024 * 1024;
const MOST_BYTES_READ = 64 * 1024 * 1024;

/** A path into an archive: `/dags/pack.zip/lib/a.ts` is `lib/a.ts` in `/dags/pack.zip`. */
export interface ArchivePlace {
  readonly archive: string;
  readonly entry: string;
}

/** Whether a file's name is that of an archive. */
export function isArchiveName(path: string): boolean {
  return path.endsWith(".zip");
}

/** Where a path leads when it leads into an archive by its look; whether there is one is another question. */
export function splitArchivePath(path: string): ArchivePlace | undefined {
  const [, archive, entry] = /^(.*?\.zip)\/(.+)$/.exec(path) ?? [];
  return archive === undefined || entry === undefined ? undefined : { archive, entry };
}

/**
 * A zip archive with DAG files. Nothing of it is ever written to a path: entries are read into memory, each when it is
 * needed, within limits, and only if it has the size and the checksum that the archive tells.
 */
export class Archive {
  readonly #file: string;
  readonly #zip: ZipFile;
  readonly #entries: ReadonlyMap<string, Entry>;
  #bytesRead = 0;

  private constructor(file: string, zip: ZipFile, entries: ReadonlyMap<string, Entry>) {
    this.#file = file;
    this.#zip = zip;
    this.#entries = entries;
  }

  /**
   * Reads an archive's directory. Close it after use.
   * @param file absolute path; an error names what is wrong with it
   */
  static async open(file: string): Promise<Archive> {
    const zip = await openPromise(file, { lazyEntries: true, autoClose: false, strictFileNames: true });
    try {
      if (zip.entryCount > MOST_ENTRIES) {
        throw new Error(`it has ${zip.entryCount} entries, more than the ${MOST_ENTRIES} that are allowed`);
      }
      const entries = new Map<string, Entry>();
      for await (const entry of zip.eachEntry()) {
        // Two programs could read one name as two contents.
        if (entries.has(entry.fileName)) throw new Error(`it has two entries ${entry.fileName}`);
        entries.set(entry.fileName, entry);
      }
      return new Archive(file, zip, entries);
    } catch (error) {
      zip.close();
      throw error;
    }
  }

  /** Absolute. */
  get file(): string {
    return this.#file;
  }

  /** The paths of its files. */
  get names(): string[] {
    return [...this.#entries.keys()].filter((name) => !name.endsWith("/"));
  }

  has(name: string): boolean {
    return this.#entries.has(name) && !name.endsWith("/");
  }

  /** Unpacks one file of it. */
  async read(name: string): Promise<Buffer> {
    const entry = this.#entries.get(name);
    if (entry === undefined) throw new Error(`it has no file ${name}`);
    const size = entry.uncompressedSize;
    if (size > MOST_BYTES_OF_ENTRY) throw new Error(`${name} is unpacked larger than ${MOST_BYTES_OF_ENTRY} bytes`);
    if (this.#bytesRead + size > MOST_BYTES_READ) {
      throw new Error(`what is needed of it is unpacked larger than ${MOST_BYTES_READ} bytes`);
    }
    this.#bytesRead += size;
    if (entry.isEncrypted()) throw new Error(`${name} is encrypted`);
    const chunks: Buffer[] = [];
    // The stream ends with an error as soon as there is more than the directory tells.
    for await (const chunk of await this.#zip.openReadStreamPromise(entry)) chunks.push(chunk as Buffer);
    const bytes = Buffer.concat(chunks);
    if (crc32(bytes) !== entry.crc32) throw new Error(`${name} does not have the checksum that the archive tells`);
    return bytes;
  }

  close(): void {
    this.#zip.close();
  }
}
