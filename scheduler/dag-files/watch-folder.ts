import { type FSWatcher, watch } from "node:fs";
import { join } from "node:path";
import type { Log } from "#core/log.ts";

/**
 * Tells which paths below a folder changed, as the system reports it: one watch a directory, so idle files cost
 * nothing. Reports are hints; where the system gives none (some network file systems), looks at intervals find the
 * changes.
 */
export class FolderWatcher {
  readonly #folder: string;
  readonly #onChange: (path: string) => void;
  readonly #log: Log;
  readonly #watchers = new Map<string, FSWatcher>();
  #hasComplained = false;

  /** @param onChange takes a path relative to the folder, of a file or a directory that changed, came or went */
  constructor(folder: string, onChange: (path: string) => void, log: Log) {
    this.#folder = folder;
    this.#onChange = onChange;
    this.#log = log;
  }

  /** Watches exactly these directories, given relative to the folder. */
  follow(directories: readonly string[]): void {
    const wanted = new Set(directories);
    for (const [directory, watcher] of this.#watchers) {
      if (wanted.has(directory)) continue;
      watcher.close();
      this.#watchers.delete(directory);
    }
    for (const directory of wanted) if (!this.#watchers.has(directory)) this.#watch(directory);
  }

  close(): void {
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #watch(directory: string): void {
    try {
      const watcher = watch(join(this.#folder, directory), { persistent: false }, (_, name) => {
        this.#onChange(name === null ? directory : join(directory, name));
      });
      // A directory that goes away ends its watch; the next listing finds out.
      watcher.on("error", () => this.#drop(directory, watcher));
      this.#watchers.set(directory, watcher);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT" || this.#hasComplained) return;
      this.#hasComplained = true;
      this.#log.warning(
        `Changes below ${this.#folder} are not all reported by the system, so they show later: ${(error as Error).message}`,
      );
    }
  }

  #drop(directory: string, watcher: FSWatcher): void {
    watcher.close();
    if (this.#watchers.get(directory) === watcher) this.#watchers.delete(directory);
    this.#onChange(directory);
  }
}
