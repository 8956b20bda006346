import { stat } from "node:fs/promises";
import { dirname, relative } from "node:path";
import { absenceOf } from "#core/absence.ts";
import { isArchiveName, splitArchivePath } from "#core/dag-code/archive.ts";
import { listImportErrors } from "#core/database/console-lists.ts";
import { listKnownFiles } from "#core/database/dags.ts";
import { finishParsingRequests, pendingParsingRequests } from "#core/database/parsing-requests.ts";
import { type Duty, pauseFor } from "#core/duty.ts";
import { isServerAway } from "#core/passing-errors.ts";
import { Wake } from "#core/wake.ts";
import { mayBeDagFile } from "./dag-file-names.ts";
import { DagFolders } from "./dag-folders.ts";
import type { Listing } from "./discover.ts";
import { findChanged, MISSING, stampOf } from "./file-stamps.ts";
import type { IgnoreSyntax } from "./ignore-file.ts";
import { AGAIN, type KnownFile, merge, NEW, newFile, type Rank, URGENT, type Wish } from "./known-file.ts";
import { FileLoader, type LoadFileOptions } from "./load-file.ts";
import { MissedFiles } from "./missed-files.ts";
import { ParsePool } from "./parse-pool.ts";
import type { ParseDefaults } from "./parse-protocol.ts";
import { Reloads } from "./reloads.ts";
import { storeVanishedFile } from "./store-parsed-file.ts";
import { Turns } from "./turns.ts";
import { FolderWatcher } from "./watch-folder.ts";

export interface DagFilesOptions extends LoadFileOptions {
  readonly parse: ParseDefaults;
  /** Whether the DAGs that ship as examples are shown. */
  readonly loadExamples: boolean;
  /** What .airflowignore files are written in. */
  readonly ignoreSyntax: IgnoreSyntax;
  readonly processes: number;
  /** Seconds that loading one file may take. */
  readonly timeout: number;
  /** Seconds between two looks at all files and what they import. */
  readonly lookEvery: number;
  /** Seconds before an unchanged file is loaded again. */
  readonly reloadEvery: number;
  /** Seconds for which DAGs are kept whose files cannot be reached. */
  readonly staleThreshold: number;
}

/** Editors write a file in several steps; they are seen as one. */
const SETTLE_MS = 30;
/** A file that is replaced is gone for a moment. */
const REPLACE_MS = 100;
const MISSING_FOLDER_LOOK_MS = 1_000;
const LEAST_LOOK_MS = 1_000;

/**
 * DAG file → DAG. Finds the files below the dags folder, has them loaded in child processes when they or what they
 * import change, and stores what they hold. Idle files cost one `stat` in each look.
 *
 * A change is seen in three ways: as the system reports it, in a look at all files every few seconds, and when
 * somebody asks for a file (a row of dag_priority_parsing_request). A file is bundled again when a stamp (size and
 * times) of it or of an input changed, and loaded again when the bundle differs, when somebody asked, or when it is its
 * turn again (`Reloads`).
 */
export class DagFiles implements Duty {
  readonly name = "Processing DAG files";
  readonly #options: DagFilesOptions;
  readonly #folders: DagFolders;
  readonly #wake = new Wake();
  #files = new Map<string, KnownFile>();
  #changedPaths = new Set<string>();
  #requestsWaiting = true;
  #lookAt = 0;
  #directories: readonly string[] = [];
  #watched: ReadonlySet<string> = new Set();
  #reloads: Reloads;
  readonly #missed: MissedFiles;
  /** Only while the duty runs. */
  #pool: ParsePool | undefined;
  #loader: FileLoader | undefined;
  #watcher: FolderWatcher | undefined;
  readonly #turns = new Turns();
  /** How many files are being loaded, or stored, that others wait for. */
  #underWay = 0;

  constructor(options: DagFilesOptions) {
    this.#options = options;
    this.#folders = new DagFolders(options.parse.dagsFolder, options.loadExamples, options.ignoreSyntax);
    this.#reloads = new Reloads(options.reloadEvery);
    this.#missed = new MissedFiles(options.staleThreshold, options.log);
  }

  /** Takes a `daisy_parse` notification. */
  parsingRequested(): void {
    this.#requestsWaiting = true;
    this.#wake.set();
  }

  async run(signal: AbortSignal): Promise<void> {
    const { parse, processes, timeout, log, reloadEvery } = this.#options;
    this.#files = new Map();
    this.#turns.clear();
    this.#underWay = 0;
    this.#lookAt = 0;
    this.#reloads = new Reloads(reloadEvery);
    const pool = new ParsePool(parse, processes, timeout);
    this.#pool = pool;
    this.#loader = new FileLoader(this.#options, pool);
    this.#watcher = new FolderWatcher(this.#folders.dagsFolder, (path) => this.#reported(path), log);
    try {
      while (!signal.aborted) {
        if (performance.now() >= this.#lookAt) await this.#look();
        if (this.#changedPaths.size > 0) await this.#followReports(signal);
        if (this.#requestsWaiting) await this.#takeRequests();
        await this.#wake.wait(Math.max(0, this.#lookAt - performance.now()), signal);
      }
    } finally {
      this.#watcher.close();
      this.#pool = undefined;
      pool.close();
    }
  }

  #reported(path: string): void {
    this.#changedPaths.add(path);
    this.#wake.set();
  }

  /** Looks at the whole folder: what came, what went, what changed, what is to be loaded again. */
  async #look(): Promise<void> {
    const isFirst = this.#lookAt === 0;
    const listing = await this.#folders.list(this.#options.log);
    this.#directories = listing.directories;
    this.#watch();
    this.#planLook(listing);
    const listed = new Set(listing.files);
    const known = isFirst ? await listKnownFiles(this.#options.db) : [...this.#files.keys()];
    const gone = this.#missed.judge(
      known.filter((file) => !listed.has(file)),
      listing,
    );
    for (const file of gone) await this.#vanished(file);
    if (this.#missed.soonest !== undefined) this.#lookAt = Math.min(this.#lookAt, this.#missed.soonest);
    // After a start those that were broken come last: each may cost a process.
    const broken = new Set(
      isFirst ? (await listImportErrors(this.#options.db)).map((row) => row.relative_fileloc) : [],
    );
    const rankOf = (file: string) => (broken.has(file) ? AGAIN : isFirst ? NEW : URGENT);
    for (const file of listing.files) if (!this.#files.has(file)) this.#parse(file, rankOf(file));
    const present = [...this.#files].filter(([file]) => listed.has(file));
    const changed = await findChanged(present.map(([file, { stamps }]) => [file, stamps] as const));
    for (const file of changed) this.#parse(file, URGENT);
    for (const file of this.#reloads.choose(present)) this.#parse(file, AGAIN, true);
  }

  #planLook({ directories, files }: Listing): void {
    const isNothing = directories.length <= 1 && files.length === 0;
    const wait = isNothing ? MISSING_FOLDER_LOOK_MS : this.#options.lookEvery * 1000;
    this.#lookAt = performance.now() + Math.max(wait, LEAST_LOOK_MS);
  }

  async #followReports(signal: AbortSignal): Promise<void> {
    await pauseFor(SETTLE_MS, signal);
    const paths = this.#changedPaths;
    this.#changedPaths = new Set();
    let mustLook = false;
    let codeChanged = false;
    for (const path of paths) {
      const absolute = this.#folders.locate(path);
      const isFile = await stat(absolute).then(
        (found) => found.isFile(),
        () => undefined,
      );
      if (isFile === undefined && this.#files.has(path)) await this.#checkVanished(path, signal);
      else if (isFile !== true || path.endsWith(".airflowignore") || isArchiveName(path)) mustLook = true;
      else if (this.#files.has(path)) await this.#parseIfChanged(path);
      else if (mayBeDagFile(path)) mustLook = true;
      for (const [file, known] of this.#files) {
        if (file !== path && known.stamps.has(absolute)) this.#parse(file, URGENT);
      }
      codeChanged ||= /\.(m?[jt]s|json|sql|sh|bash|html|j2)$/.test(path);
    }
    if (codeChanged) this.#parseBroken(paths);
    if (mustLook) await this.#look();
  }

  async #checkVanished(file: string, signal: AbortSignal): Promise<void> {
    await pauseFor(REPLACE_MS, signal);
    if ((await stampOf(this.#folders.locate(file))) === MISSING) await this.#vanished(file);
    else await this.#parseIfChanged(file);
  }

  async #parseIfChanged(file: string): Promise<void> {
    const path = this.#folders.locate(file);
    const known = this.#files.get(file);
    if (known?.isParsing || known?.stamps.get(path) !== (await stampOf(path))) this.#parse(file, URGENT);
  }

  /**
   * What broken files need may have come. They let all others go first, and those whose processes had to be killed are
   * none of them: nothing is known to help them but a change of their own.
   */
  #parseBroken(except: ReadonlySet<string> = new Set()): void {
    for (const [file, known] of this.#files) {
      if (known.isBroken && known.offences === 0 && !except.has(file)) this.#parse(file, AGAIN, true);
    }
  }

  async #vanished(file: string): Promise<void> {
    const requests = this.#files.get(file)?.requests ?? [];
    this.#files.delete(file);
    this.#turns.remove(file);
    const gone = await storeVanishedFile(this.#options.db, file);
    if (requests.length > 0) await finishParsingRequests(this.#options.db, requests);
    if (gone.length === 0) return;
    this.#options.log.info(`${file} is gone, and with it ${gone.join(", ")}`);
    // Another file may have waited for these ids.
    this.#parseBroken();
  }

  async #takeRequests(): Promise<void> {
    this.#requestsWaiting = false;
    const { db } = this.#options;
    const requests = await pendingParsingRequests(db);
    if (requests.some(({ relativeFileloc }) => !this.#files.has(relativeFileloc))) await this.#look();
    for (const { relativeFileloc, ids } of requests) {
      const known = this.#files.get(relativeFileloc);
      if (known === undefined) {
        await finishParsingRequests(db, ids);
        continue;
      }
      known.requests = [...new Set([...known.requests, ...ids])];
      this.#parse(relativeFileloc, URGENT, true);
    }
  }

  /** Has a file parsed when it is its turn. What happens to the same file while it is parsed waits for that. */
  #parse(file: string, rank: Rank, force = false): void {
    const wish = { rank, force, since: performance.now() };
    const known = this.#files.get(file) ?? newFile();
    this.#files.set(file, known);
    if (known.isParsing) known.again = merge(wish, known.again);
    else this.#turns.add(file, wish);
    this.#startNext();
  }

  /** Starts all that is urgent, and a few others: the processes stay busy, and results do not pile up before the database. */
  #startNext(): void {
    for (;;) {
      const isFull = this.#underWay >= this.#options.processes * 2;
      const next = this.#turns.take(isFull ? URGENT : AGAIN);
      if (next === undefined) return;
      const known = this.#files.get(next.file);
      if (known !== undefined) this.#start(next.file, known, next.wish);
    }
  }

  #start(file: string, known: KnownFile, wish: Wish): void {
    const pool = this.#pool;
    if (pool === undefined) return;
    known.isParsing = true;
    this.#underWay += 1;
    let isWaitedFor = true;
    const leave = () => {
      if (!isWaitedFor || this.#pool !== pool) return;
      isWaitedFor = false;
      this.#underWay -= 1;
    };
    void this.#load(file, known, wish, () => {
      leave();
      this.#startNext();
    }).finally(() => {
      leave();
      known.isParsing = false;
      const { again } = known;
      known.again = undefined;
      if (this.#pool !== pool) return;
      if (again !== undefined && this.#files.get(file) === known) this.#turns.add(file, again);
      this.#startNext();
    });
  }

  async #load(file: string, known: KnownFile, wish: Wish, onSetAside: () => void): Promise<void> {
    const pool = this.#pool;
    const place = { fileloc: this.#folders.locate(file), relativeFileloc: file };
    const isListed = () => this.#files.get(file) === known;
    try {
      const { idsAreFree, robbed } = await this.#loader!.load({ place, known, wish, isListed, onSetAside });
      for (const other of robbed) Object.assign(this.#files.get(other) ?? {}, { isBroken: true, codeHash: undefined });
      if (idsAreFree) this.#parseBroken(new Set([file]));
      if (this.#directoriesOf(known).some((directory) => !this.#watched.has(directory))) this.#watch();
    } catch (error) {
      if (this.#pool !== pool) return;
      const { log } = this.#options;
      if (isServerAway(error)) absenceOf(log, "The database").failed(error);
      else log.error(`${file} could not be processed and is tried again`, error);
      known.stamps = new Map([[place.fileloc, ""]]);
      known.codeHash = undefined;
      this.#lookAt = Math.min(this.#lookAt, performance.now() + LEAST_LOOK_MS);
      this.#wake.set();
    }
  }

  /** Watches all directories with DAG files or with something that they import. */
  #watch(): void {
    this.#watched = new Set([
      ...this.#directories,
      ...[...this.#files.values()].flatMap((file) => this.#directoriesOf(file)),
    ]);
    this.#watcher?.follow([...this.#watched]);
  }

  #directoriesOf(known: KnownFile): string[] {
    return [...known.stamps.keys()].map((path) =>
      relative(this.#folders.dagsFolder, dirname(splitArchivePath(path)?.archive ?? path)),
    );
  }
}
