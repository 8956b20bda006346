import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Log } from "#core/log.ts";
import { ArchiveListings } from "./archive-listings.ts";
import { discover, type Listing } from "./discover.ts";
import type { IgnoreSyntax } from "./ignore-file.ts";
import { IgnoreFiles } from "./ignore-files.ts";

/** The example DAGs that ship. */
const EXAMPLES_FOLDER = fileURLToPath(new URL("../../dags/examples", import.meta.url));
/** What examples' names begin with. An empty folder name: no path below the dags folder has one. */
const EXAMPLES_PREFIX = "examples//";

/**
 * Where DAG files come from, and the names by which they are known: paths below the dags folder, and, when asked for,
 * the examples that ship.
 */
export class DagFolders {
  readonly dagsFolder: string;
  readonly #withExamples: boolean;
  readonly #ignoreFiles: IgnoreFiles;
  readonly #archives = new ArchiveListings();
  /** The warnings of the last listing: what goes on is told once. */
  #told: ReadonlySet<string> = new Set();

  constructor(dagsFolder: string, withExamples: boolean, ignoreSyntax: IgnoreSyntax) {
    this.dagsFolder = dagsFolder;
    this.#withExamples = withExamples;
    this.#ignoreFiles = new IgnoreFiles(ignoreSyntax);
  }

  /** The absolute path of a file by its name. */
  locate(file: string): string {
    if (file.startsWith(EXAMPLES_PREFIX)) return join(EXAMPLES_FOLDER, file.slice(EXAMPLES_PREFIX.length));
    return join(this.dagsFolder, file);
  }

  /** Every DAG file there is; the directories are those below the dags folder. */
  async list(log: Log): Promise<Listing> {
    const telling = new Set<string>();
    const warning = (message: string) => {
      if (!this.#told.has(message)) log.warning(message);
      telling.add(message);
    };
    const own = await discover(this.dagsFolder, { ...log, warning }, this.#ignoreFiles, this.#archives);
    this.#told = telling;
    if (!this.#withExamples) return own;
    const examples = await discover(EXAMPLES_FOLDER, log);
    return { ...own, files: [...own.files, ...examples.files.map((file) => `${EXAMPLES_PREFIX}${file}`)] };
  }
}
