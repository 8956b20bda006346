import type { Database } from "#core/database/connect.ts";
import { finishParsingRequests } from "#core/database/parsing-requests.ts";
import type { Log } from "#core/log.ts";
import { findChanged, stampOf, stampsOf } from "./file-stamps.ts";
import { AGAIN, type KnownFile, merge, URGENT, type Wish } from "./known-file.ts";
import type { Parsed, ParsePool } from "./parse-pool.ts";
import type { ParseAnswer, ParsedFile, ParseRequest } from "./parse-protocol.ts";
import {
  type DagDefaults,
  type FilePlace,
  storeBrokenFile,
  storeParsedFile,
  storeVanishedFile,
} from "./store-parsed-file.ts";
import { untilWritten } from "./until-written.ts";
import { type CheckLevel, findVolatile, messageOfVolatile } from "./volatile-parts.ts";

export interface LoadFileOptions {
  readonly db: Database;
  readonly log: Log;
  readonly dagDefaults: DagDefaults;
  /** `[dag_processor] dag_version_inflation_check_level` */
  readonly checkLevel: CheckLevel;
  /** Called when DAGs were stored: their next runs may be due. */
  readonly onDagsStored: () => void;
}

/** A file that is to be loaded. */
export interface Loading {
  readonly place: FilePlace;
  readonly known: KnownFile;
  readonly wish: Wish;
  /** Whether it is still among the files: it may be deleted meanwhile. */
  readonly isListed: () => boolean;
  /** Called when others no longer wait for it, though it is not done. */
  readonly onSetAside: () => void;
}

/** What a load means for other files. */
export interface Loaded {
  /** DAG ids are held by no file any more: another one may have waited for them. */
  readonly idsAreFree: boolean;
  /** Files that had DAG ids that are this file's now. */
  readonly robbed: readonly string[];
}

/** How long a file that held DAGs may be empty before it is taken for one without. */
const EMPTY_PATIENCE_MS = 2_000;

const NOTHING_MORE: Loaded = { idsAreFree: false, robbed: [] };

/** Has a file parsed, stores what it turned out to hold, and answers who asked for it. */
export class FileLoader {
  readonly #options: LoadFileOptions;
  readonly #pool: ParsePool;

  constructor(options: LoadFileOptions, pool: ParsePool) {
    this.#options = options;
    this.#pool = pool;
  }

  async load(loading: Loading): Promise<Loaded> {
    const { place, known, wish, isListed } = loading;
    const { db } = this.#options;
    const file = place.relativeFileloc;
    const { requests } = known;
    if (known.codeHash !== undefined) await untilWritten(place.fileloc, EMPTY_PATIENCE_MS);
    // Before the file is read: what changes later is seen as a change.
    const stamp = await stampOf(place.fileloc);
    if (known.offences > 0 && (await findChanged([[file, known.stamps]])).length > 0) known.offences = 0;
    const templates = new Map(known.templates.map((path) => [path, known.stamps.get(path) ?? ""]));
    const isToBeLoaded = wish.force || (await findChanged([[file, templates]])).length > 0;
    const parsed = await this.#parse(loading, isToBeLoaded);
    const { answer, seconds } = parsed;
    // A file that is being written seems to hold nothing; the report of what was written has it loaded again.
    const isUnfinished = holdsNothing(answer) && (await stampOf(place.fileloc)) !== stamp;
    const loaded = isListed() && !isUnfinished ? await this.#store(loading, parsed) : NOTHING_MORE;
    // It may have been deleted while it was loaded or stored, and nobody would look at it again.
    if (!isListed()) await storeVanishedFile(db, file);
    known.seconds = seconds;
    known.parsedAt = performance.now();
    if (answer.kind === "parsed") known.templates = answer.templates;
    const inputs = "inputs" in answer ? [...answer.inputs, ...known.templates] : [];
    known.stamps = (await stampsOf(inputs.filter((input) => input !== place.fileloc))).set(place.fileloc, stamp);
    if (requests.length > 0) await this.#answer(requests, loading, isUnfinished);
    return loaded;
  }

  /** Tells those who asked; for a file that is being written the load of what was written does. */
  async #answer(requests: readonly string[], { known, wish, isListed }: Loading, isUnfinished: boolean): Promise<void> {
    if (isUnfinished && isListed()) {
      known.again = merge(wish, known.again);
      return;
    }
    await finishParsingRequests(this.#options.db, requests);
    known.requests = known.requests.filter((id) => !requests.includes(id));
  }

  #parse({ place, known, wish, onSetAside }: Loading, isToBeLoaded: boolean): Promise<Parsed> {
    return this.#pool.parse(
      { ...place, ...(!isToBeLoaded && known.codeHash !== undefined && { knownCodeHash: known.codeHash }) },
      {
        urgent: wish.rank === URGENT,
        expected: known.isBroken ? 0 : known.seconds,
        isOffender: known.offences > 0,
        onSetAside,
      },
    );
  }

  async #store({ place, known, wish }: Loading, { answer, seconds }: Parsed): Promise<Loaded> {
    const { db, log, dagDefaults, checkLevel, onDagsStored } = this.#options;
    const file = place.relativeFileloc;
    if (answer.kind === "unchanged") return NOTHING_MORE;
    if (answer.kind === "passed-over") {
      log.info(`File ${place.fileloc} assumed to contain no DAGs. Skipping.`);
      const gone = await storeVanishedFile(db, file);
      Object.assign(known, { codeHash: undefined, isBroken: false, offences: 0 });
      return { idsAreFree: gone.length > 0, robbed: [] };
    }
    if (answer.kind === "broken") return this.#storeBroken(place, known, answer.error, answer.wasKilled);
    for (const warning of answer.warnings) log.warning(warning);
    const volatile =
      checkLevel === "off" ? new Map() : await findVolatile(db, answer, (shift) => this.#parseAgain(place, shift));
    if (checkLevel === "error" && volatile.size > 0) {
      const messages = [...volatile].map(([dagId, paths]) => messageOfVolatile(dagId, paths));
      return this.#storeBroken(place, known, messages.join("\n"), false);
    }
    const age = performance.now() - wish.since;
    const outcome = await storeParsedFile(db, place, answer, dagDefaults, { seconds, volatile, age });
    known.isBroken = outcome.error !== null;
    known.codeHash = known.isBroken ? undefined : answer.codeHash;
    known.offences = 0;
    if (outcome.error !== null) log.error(outcome.error);
    const line = `Loaded ${file} in ${seconds.toFixed(2)} s: ${outcome.dagIds.join(", ") || "no DAGs"}`;
    if (wish.rank === AGAIN) log.debug(line);
    else log.info(line);
    onDagsStored();
    return { idsAreFree: outcome.gone.length > 0, robbed: outcome.robbed };
  }

  async #storeBroken(place: FilePlace, known: KnownFile, error: string, isOffence: boolean): Promise<Loaded> {
    const { db, log } = this.#options;
    log.error(`Failed to import: ${place.fileloc}\n${error}`);
    known.isBroken = true;
    known.codeHash = undefined;
    known.offences = isOffence ? known.offences + 1 : 0;
    await storeBrokenFile(db, place, error);
    return NOTHING_MORE;
  }

  /** Loads a file once more, at another time as it seems. */
  async #parseAgain(place: FilePlace, clockShift: number): Promise<ParsedFile | undefined> {
    const request: ParseRequest = { ...place, clockShift };
    const { answer }: { answer: ParseAnswer } = await this.#pool.parse(request, { urgent: true });
    return answer.kind === "parsed" ? answer : undefined;
  }
}

function holdsNothing(answer: ParseAnswer): boolean {
  return answer.kind === "passed-over" || (answer.kind === "parsed" && answer.dags.length === 0);
}
