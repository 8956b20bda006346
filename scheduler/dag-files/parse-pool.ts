import { type ParseOutcome, ParseProcess } from "./parse-process.ts";
import type { ParseAnswer, ParseDefaults, ParseRequest } from "./parse-protocol.ts";
import { Patience } from "./patience.ts";

/** What is known of a file beside what it is. */
export interface ParseWish {
  /** It goes before all others. */
  readonly urgent: boolean;
  /** Seconds that it took when it was last loaded. */
  readonly expected?: number;
  /** It had to be killed before: it never loads beside others. */
  readonly isOffender?: boolean;
  /** Called when others no longer wait for it, though it is not done. */
  readonly onSetAside?: () => void;
}

export interface Parsed {
  readonly answer: ParseAnswer;
  /** What loading took. */
  readonly seconds: number;
}

interface Job {
  readonly request: ParseRequest;
  readonly wish: ParseWish;
  readonly resolve: (parsed: Parsed) => void;
  /** Seconds that it gets alone. */
  limit: number;
}

/** A file that is tried again alone gets so many times the time that it had before. */
const GROWTH = 4;

/**
 * Parses files in processes, so that good ones never wait for bad ones, nor are blamed for them.
 *
 * Files are loaded one after the other in a fixed number of processes, which are started ahead. A file that takes
 * longer than the others usually do, or whose process dies, or by which something is thrown where nobody catches it,
 * says nothing yet: it may be slow, or suffer from what an earlier file left behind. It is set aside and judged alone,
 * in a process of its own, of which there are as many again: first with little time, then with more, up to the limit
 * of the configuration, so that what is only slow is done before what never ends. Only what happens there counts.
 */
export class ParsePool {
  readonly #defaults: ParseDefaults;
  readonly #timeoutSeconds: number;
  readonly #processes: number;
  readonly #patience = new Patience();
  readonly #idle: ParseProcess[] = [];
  readonly #busy = new Set<ParseProcess>();
  readonly #alone = new Set<ParseProcess>();
  readonly #urgent: Job[] = [];
  readonly #ordinary: Job[] = [];
  /** Urgent ones first, then those with the least time. */
  readonly #setAside: Job[] = [];
  #isClosed = false;

  constructor(defaults: ParseDefaults, processes: number, timeoutSeconds: number) {
    this.#defaults = defaults;
    this.#timeoutSeconds = timeoutSeconds;
    this.#processes = processes;
    for (let i = 0; i < processes; i++) this.#idle.push(new ParseProcess(defaults));
  }

  /** Parses a file as soon as it is its turn. */
  parse(request: ParseRequest, wish: ParseWish): Promise<Parsed> {
    return new Promise((resolve) => {
      const job = { request, wish, resolve, limit: 0 };
      if (wish.isOffender) this.#setJobAside(job, this.#timeoutSeconds);
      else (wish.urgent ? this.#urgent : this.#ordinary).push(job);
      this.#next();
    });
  }

  /** Kills all processes; what waits is never answered. May be called twice. */
  close(): void {
    this.#isClosed = true;
    for (const process of [...this.#idle, ...this.#busy, ...this.#alone]) process.kill();
  }

  #next(): void {
    if (this.#isClosed) return;
    while (this.#idle.length > 0) {
      const job = this.#urgent.shift() ?? this.#ordinary.shift();
      if (job === undefined) break;
      const idle = this.#idle.pop()!;
      // One that died while it had nothing to do is no file's fault.
      void this.#tryBesideOthers(idle.isSpent ? new ParseProcess(this.#defaults) : idle, job);
    }
    while (this.#alone.size < this.#processes) {
      const job = this.#setAside.shift();
      if (job === undefined) break;
      void this.#judgeAlone(job);
    }
  }

  async #tryBesideOthers(process: ParseProcess, job: Job): Promise<void> {
    const { isFresh } = process;
    this.#busy.add(process);
    const limit = Math.min(this.#patience.with(job.wish.expected), this.#timeoutSeconds);
    const outcome = await process.parse(job.request, limit);
    // What a killed process seems to say of its file is not so.
    if (this.#isClosed) return;
    this.#busy.delete(process);
    if (process.isSpent) process.kill();
    this.#idle.push(process.isSpent ? new ParseProcess(this.#defaults) : process);
    const hadItsTime = limit >= this.#timeoutSeconds;
    if (
      outcome.kind === "answered" ? isFresh || !outcome.isStray : isFresh && (outcome.kind === "died" || hadItsTime)
    ) {
      this.#resolve(job, outcome);
    } else {
      const next = outcome.kind === "too-slow" ? limit * GROWTH : this.#patience.with(job.wish.expected);
      this.#setJobAside(job, next);
    }
    this.#next();
  }

  async #judgeAlone(job: Job): Promise<void> {
    const process = this.#takeFresh();
    this.#alone.add(process);
    // Not when it counts: on a busy machine nothing would be left for it.
    if (job.limit < this.#timeoutSeconds || job.wish.isOffender) process.giveWay();
    const outcome = await process.parse(job.request, job.limit);
    if (this.#isClosed) return;
    this.#alone.delete(process);
    process.kill();
    if (outcome.kind === "too-slow" && job.limit < this.#timeoutSeconds) this.#setJobAside(job, job.limit * GROWTH);
    else this.#resolve(job, outcome);
    this.#next();
  }

  /** A process that has loaded nothing yet: one that waits, if there is one, since starting one takes its time. */
  #takeFresh(): ParseProcess {
    const fresh = this.#idle.findIndex((process) => process.isFresh && !process.isSpent);
    const next = new ParseProcess(this.#defaults);
    return fresh === -1 ? next : this.#idle.splice(fresh, 1, next)[0]!;
  }

  #setJobAside(job: Job, limit: number): void {
    // What would be left after it is not worth another start.
    job.limit = limit * 2 > this.#timeoutSeconds ? this.#timeoutSeconds : limit;
    const goesBefore = (other: Job) =>
      job.wish.urgent === other.wish.urgent ? job.limit < other.limit : job.wish.urgent;
    const place = this.#setAside.findIndex(goesBefore);
    this.#setAside.splice(place === -1 ? this.#setAside.length : place, 0, job);
    job.wish.onSetAside?.();
  }

  #resolve({ request, resolve }: Job, outcome: ParseOutcome): void {
    if (outcome.kind === "answered") {
      const { answer, seconds } = outcome;
      if (answer.kind === "parsed") this.#patience.learn(seconds);
      resolve({ answer, seconds });
      return;
    }
    const { fileloc, relativeFileloc } = request;
    const error =
      outcome.kind === "too-slow"
        ? `DagBag import timeout for ${fileloc} after ${this.#timeoutSeconds}s.`
        : `${relativeFileloc}: ${outcome.how} while the file was loaded`;
    const answer: ParseAnswer = { kind: "broken", wasKilled: true, error, inputs: outcome.inputs };
    resolve({ answer, seconds: this.#timeoutSeconds });
  }
}
