import { readFile, stat } from "node:fs/promises";
import { dirname, relative } from "node:path";
import type { Database } from "#core/database/connect.ts";
import { listKnownFiles } from "#core/database/dags.ts";
import { finishParsingRequests, pendingParsingRequests } from "#core/database/parsing-requests.ts";
import { type Duty, pauseFor } from "#core/duty.ts";
import type { Log } from "#core/log.ts";
import { Wake } from "#core/wake.ts";
import { DagFolders } from "./dag-folders.ts";
import { mayBeDagFile, mayHoldDags } from "./discover.ts";
import type { IgnoreSyntax } from "./ignore-file.ts";
import { ParsePool } from "./parse-pool.ts";
import type { ParseAnswer, ParseDefaults } from "./parse-protocol.ts";
import {
  type DagDefaults,
  type StoreOutcome,
  storeBrokenFile,
  storeParsedFile,
  storeVanishedFile,
} from "./store-parsed-file.ts";
import { FolderWatcher } from "./watch-folder.ts";

export interface DagFilesOptions {
  readonly db: Database;
  readonly log: Log;
  readonly parse: ParseDefaults;
  readonly dagDefaults: DagDefaults;
  /** Whether the DAGs that ship as examples are shown. */
  readonly loadExamples: boolean;
  /** Whether only files that speak of DAGs are loaded. */
  readonly safeMode: boolean;
  /** What .airflowignore files are written in. */
  readonly ignoreSyntax: IgnoreSyntax;
  readonly processes: number;
  /** Seconds that loading one file may take. */
  readonly timeout: number;
  /** Seconds between two looks at all files and what they import. */
  readonly lookEvery: number;
  /** Called when DAGs were stored: their next runs may be due. */
  readonly onDagsStored: () => void;
}

/** What is known of a DAG file. */
interface KnownFile {
  /** The file's size and times when it was last parsed, and those of what it imports. */
  stamps: ReadonlyMap<string, string>;
  /** The bundle of the last good parse. */
  codeHash: string | undefined;
  /** The template files of the last good parse: another text of one makes other DAGs of the same bundle. */
  templates: readonly string[];
  isBroken: boolean;
  isParsing: boolean;
  /** It changed while it was being parsed. */
  again: Wish | undefined;
  /** Requests that the next finished parse answers. */
  requests: string[];
}

interface Wish {
  readonly urgent: boolean;
  /** Load the file even if its bundle is the same as before. */
  readonly force: boolean;
}

/** Editors write a file in several steps; they are seen as one. */
const SETTLE_MS = 30;
/** A file that is replaced is gone for a moment. */
const REPLACE_MS = 100;
const MISSING_FOLDER_LOOK_MS = 1_000;
const LEAST_LOOK_MS = 1_000;
const STATS_AT_ONCE = 64;

/**
 * DAG file → DAG. Finds the files below the dags folder, has them loaded in child processes when they or what they
 * import change, and stores what they hold. Idle files cost one `stat` in each look.
 *
 * A change is seen in three ways: as the system reports it, in a look at all files every few seconds, and when
 * somebody asks for a file (a row of dag_priority_parsing_request). A file is bundled again when a stamp (size and
 * times) of it or of an input changed, and loaded again when the bundle differs or somebody asked.
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
  /** Only while the duty runs. */
  #pool: ParsePool | undefined;
  #watcher: FolderWatcher | undefined;
  #parses = new Set<Promise<void>>();
  /** Files to be parsed that are not urgent, first come first served. */
  readonly #waiting = new Map<string, Wish>();

  constructor(options: DagFilesOptions) {
    this.#options = options;
    this.#folders = new DagFolders(options.parse.dagsFolder, options.loadExamples, options.ignoreSyntax);
  }

  /** Takes a `daisy_parse` notification. */
  parsingRequested(): void {
    this.#requestsWaiting = true;
    this.#wake.set();
  }

  async run(signal: AbortSignal): Promise<void> {
    const { parse, processes, timeout, log } = this.#options;
    this.#files = new Map();
    this.#waiting.clear();
    this.#lookAt = 0;
    const pool = new ParsePool(parse, processes, timeout);
    this.#pool = pool;
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

  /** Looks at the whole folder: what came, what went, what changed. */
  async #look(): Promise<void> {
    const isFirst = this.#lookAt === 0;
    const { files, directories } = await this.#folders.list(this.#options.log);
    this.#directories = directories;
    this.#watch();
    const wait =
      directories.length <= 1 && files.length === 0 ? MISSING_FOLDER_LOOK_MS : this.#options.lookEvery * 1000;
    this.#lookAt = performance.now() + Math.max(wait, LEAST_LOOK_MS);
    const listed = new Set(files);
    const known = isFirst ? await listKnownFiles(this.#options.db) : [...this.#files.keys()];
    for (const file of known) if (!listed.has(file)) await this.#vanished(file);
    for (const file of files) {
      if (!this.#files.has(file)) this.#parse(file, { urgent: !isFirst, force: false });
    }
    const changed = await this.#findChanged();
    for (const file of changed) this.#parse(file, { urgent: true, force: false });
  }

  /** The files whose stamps, or those of what they import, are not what they were when they were parsed. */
  async #findChanged(): Promise<string[]> {
    const stamps = new Map<string, Promise<string>>();
    const changed: string[] = [];
    let pending = 0;
    for (const [file, known] of this.#files) {
      for (const [path, stamp] of known.stamps) {
        if (!stamps.has(path)) {
          stamps.set(path, stampOf(path));
          pending += 1;
        }
        // Thousands of files are looked at a few at a time, so that nothing else waits for it.
        if (pending >= STATS_AT_ONCE) {
          await Promise.all(stamps.values());
          pending = 0;
        }
        if ((await stamps.get(path)) === stamp) continue;
        changed.push(file);
        break;
      }
    }
    return changed;
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
      else if (isFile !== true || path.endsWith(".airflowignore")) mustLook = true;
      else if (this.#files.has(path)) await this.#parseIfChanged(path);
      else if (mayBeDagFile(path)) mustLook = true;
      for (const [file, known] of this.#files) {
        if (file !== path && known.stamps.has(absolute)) this.#parse(file, { urgent: true, force: false });
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
    if (known?.isParsing || known?.stamps.get(path) !== (await stampOf(path))) {
      this.#parse(file, { urgent: true, force: false });
    }
  }

  /** What broken files need may have come. They let all others go first: one that loops for ever would hold them up. */
  #parseBroken(except: ReadonlySet<string> = new Set()): void {
    for (const [file, known] of this.#files) {
      if (known.isBroken && !except.has(file)) this.#parse(file, { urgent: false, force: true });
    }
  }

  async #vanished(file: string): Promise<void> {
    const requests = this.#files.get(file)?.requests ?? [];
    this.#files.delete(file);
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
      this.#parse(relativeFileloc, { urgent: true, force: true });
    }
  }

  /** Has a file parsed: an urgent one at once, others in turn. What happens meanwhile to the same file waits for it. */
  #parse(file: string, wish: Wish): void {
    const known = this.#files.get(file) ?? newFile();
    this.#files.set(file, known);
    const force = wish.force || (known.again?.force ?? this.#waiting.get(file)?.force ?? false);
    if (known.isParsing) {
      known.again = { urgent: wish.urgent || (known.again?.urgent ?? false), force };
    } else if (wish.urgent) {
      this.#waiting.delete(file);
      this.#start(file, known, { urgent: true, force });
    } else {
      this.#waiting.set(file, { urgent: false, force });
      this.#startWaiting();
    }
  }

  /** Starts a few of those that wait: the processes stay busy, and results do not pile up before the database. */
  #startWaiting(): void {
    for (const [file, wish] of this.#waiting) {
      if (this.#parses.size >= this.#options.processes * 2) return;
      this.#waiting.delete(file);
      const known = this.#files.get(file);
      if (known !== undefined) this.#start(file, known, wish);
    }
  }

  #start(file: string, known: KnownFile, wish: Wish): void {
    known.isParsing = true;
    const parse = this.#parseNow(file, known, wish)
      .catch((error: unknown) => {
        if (this.#pool === undefined) return;
        this.#options.log.error(`${file} could not be processed and is tried again`, error);
        known.stamps = new Map([[this.#folders.locate(file), ""]]);
        known.codeHash = undefined;
        this.#lookAt = Math.min(this.#lookAt, performance.now() + LEAST_LOOK_MS);
        this.#wake.set();
      })
      .finally(() => {
        this.#parses.delete(parse);
        known.isParsing = false;
        const { again } = known;
        known.again = undefined;
        if (this.#pool === undefined) return;
        if (again !== undefined && this.#files.get(file) === known) this.#parse(file, again);
        this.#startWaiting();
      });
    this.#parses.add(parse);
  }

  async #parseNow(file: string, known: KnownFile, wish: Wish): Promise<void> {
    const { db, log, safeMode } = this.#options;
    const requests = known.requests;
    known.requests = [];
    const place = { fileloc: this.#folders.locate(file), relativeFileloc: file };
    const startedAt = performance.now();
    // Before the file is read: what changes later is seen as a change.
    const stamp = await stampOf(place.fileloc);
    const text = await readFile(place.fileloc, "utf8").catch(() => "");
    // Without the zeros, UTF-16 shows that it speaks of DAGs, so that the file is not passed over in silence.
    if (safeMode && !mayHoldDags(text.replaceAll("\0", ""))) {
      if (known.codeHash !== undefined || known.isBroken || known.stamps.size === 0) await storeVanishedFile(db, file);
      else log.debug(`File ${place.fileloc} assumed to contain no DAGs. Skipping.`);
      Object.assign(known, { stamps: new Map([[place.fileloc, stamp]]), codeHash: undefined, isBroken: false });
      if (requests.length > 0) await finishParsingRequests(db, requests);
      return;
    }
    const isToBeLoaded = wish.force || (await haveChanged(known.templates, known.stamps));
    const knownCodeHash = isToBeLoaded ? undefined : known.codeHash;
    const pool = this.#pool;
    if (pool === undefined) return;
    const answer = await pool.parse({ ...place, knownCodeHash }, wish.urgent);
    const seconds = (performance.now() - startedAt) / 1000;
    if (this.#files.has(file)) await this.#store(file, known, place, answer, seconds);
    // It may have been deleted while it was loaded or stored, and nobody would look at it again.
    if (!this.#files.has(file)) await storeVanishedFile(db, file);
    if (answer.kind === "parsed") known.templates = answer.templates;
    known.stamps = await stampsOf(place.fileloc, stamp, answer, known.templates);
    if (this.#directoriesOf(known).some((directory) => !this.#watched.has(directory))) this.#watch();
    if (requests.length > 0) await finishParsingRequests(db, requests);
  }

  async #store(
    file: string,
    known: KnownFile,
    place: { fileloc: string; relativeFileloc: string },
    answer: ParseAnswer,
    seconds: number,
  ): Promise<void> {
    const { db, log, dagDefaults, onDagsStored } = this.#options;
    if (answer.kind === "unchanged") return;
    if (answer.kind === "broken") {
      log.error(`Failed to import: ${place.fileloc}\n${answer.error}`);
      known.isBroken = true;
      known.codeHash = undefined;
      await storeBrokenFile(db, place, answer.error);
      return;
    }
    for (const warning of answer.warnings) log.warning(warning);
    const outcome: StoreOutcome = await storeParsedFile(db, place, answer, dagDefaults, seconds);
    known.isBroken = outcome.error !== null;
    known.codeHash = known.isBroken ? undefined : answer.codeHash;
    if (outcome.error !== null) log.error(outcome.error);
    log.info(`Loaded ${file} in ${seconds.toFixed(2)} s: ${outcome.dagIds.join(", ") || "no DAGs"}`);
    if (outcome.gone.length > 0) this.#parseBroken(new Set([file]));
    onDagsStored();
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
    return [...known.stamps.keys()].map((path) => relative(this.#folders.dagsFolder, dirname(path)));
  }
}

function newFile(): KnownFile {
  return {
    stamps: new Map(),
    codeHash: undefined,
    templates: [],
    isBroken: false,
    isParsing: false,
    again: undefined,
    requests: [],
  };
}

const MISSING = "missing";

async function stampOf(path: string): Promise<string> {
  return stat(path).then(
    ({ mtimeMs, ctimeMs, size, ino }) => `${mtimeMs} ${ctimeMs} ${size} ${ino}`,
    () => MISSING,
  );
}

async function haveChanged(paths: readonly string[], stamps: ReadonlyMap<string, string>): Promise<boolean> {
  const now = await Promise.all(paths.map(stampOf));
  return paths.some((path, index) => stamps.get(path) !== now[index]);
}

/** The stamps of a parsed file, of its inputs and of its template files. */
async function stampsOf(
  fileloc: string,
  stamp: string,
  answer: ParseAnswer,
  templates: readonly string[],
): Promise<Map<string, string>> {
  const inputs = answer.kind === "broken" ? [] : [...answer.inputs, ...templates].filter((input) => input !== fileloc);
  const stamps = await Promise.all(inputs.map(async (input) => [input, await stampOf(input)] as const));
  return new Map([[fileloc, stamp], ...stamps]);
}
