import { type ChildProcess, fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { constants, setPriority } from "node:os";
import { fileURLToPath } from "node:url";
import { OVER_MEMORY } from "./die-alone.ts";
import {
  isParseMessage,
  type NumberedRequest,
  type ParseAnswer,
  type ParseDefaults,
  type ParseMessage,
  type ParseRequest,
} from "./parse-protocol.ts";

const ENTRY = fileURLToPath(new URL("../parse-child.ts", import.meta.url));
/** What a process that loads users' files gets of the scheduler's environment. */
const ENVIRONMENT = [
  "PATH",
  "HOME",
  "AIRFLOW_HOME",
  "TZ",
  "LANG",
  "NODE_ENV",
  "NODE_EXTRA_CA_CERTS",
  "NODE_ICU_DATA",
  "NODE_OPTIONS",
  "NODE_PATH",
  "NODE_TLS_REJECT_UNAUTHORIZED",
];
/** What starting a process may take, on a machine that is very busy. */
const START_SECONDS = 60;
/** How much of what a process wrote is kept, to tell why it died. */
const KEPT_OUTPUT = 4_000;

/** How a process did with a file. */
export type ParseOutcome =
  | { readonly kind: "answered"; readonly answer: ParseAnswer; readonly seconds: number; readonly isStray: boolean }
  /** It was killed because it took longer than it was given. */
  | { readonly kind: "too-slow"; readonly inputs: readonly string[] }
  | { readonly kind: "died"; readonly how: string; readonly inputs: readonly string[] };

/** One process that loads DAG files, one at a time, with its own process group. */
export class ParseProcess {
  readonly #child: ChildProcess;
  readonly #memoryLimit: number;
  readonly #ended: Promise<string>;
  readonly #ready: Promise<void>;
  #onReady: () => void = () => undefined;
  #output = "";
  #isSpent = false;
  #filesGiven = 0;
  /** What the file in hand is made of. */
  #inputs: readonly string[] = [];
  #request: string | undefined;
  #onAnswer: ((answer: Extract<ParseMessage, { kind: "answer" }>) => void) | undefined;

  constructor(defaults: ParseDefaults) {
    this.#memoryLimit = defaults.memoryLimit;
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => ENVIRONMENT.includes(name)));
    const heap = defaults.memoryLimit === 0 ? [] : [`--max-old-space-size=${defaults.memoryLimit}`];
    this.#child = fork(ENTRY, [JSON.stringify(defaults)], {
      execArgv: ["--import", import.meta.resolve("tsx"), "--enable-source-maps", ...heap],
      env,
      detached: true,
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      // A process that could not be started, because no more files may be opened, has none.
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#output = (this.#output + text).slice(-KEPT_OUTPUT);
      });
    }
    this.#ready = new Promise((resolve) => {
      this.#onReady = resolve;
    });
    this.#child.on("message", (sent) => this.#receive(sent));
    this.#ended = new Promise((resolve) => {
      this.#child.once("error", (error) => resolve(error.message));
      // Not `exit`: what it wrote last is still to be read.
      this.#child.once("close", (code, signal) => resolve(this.#describeEnd(code, signal)));
    });
    void this.#ended.then(() => {
      this.#isSpent = true;
    });
  }

  /** Whether it should not be given another file. */
  get isSpent(): boolean {
    return this.#isSpent;
  }

  /** Whether no file's code can have left anything behind in it. */
  get isFresh(): boolean {
    return this.#filesGiven === 0;
  }

  /** Lets all others have the processor first. */
  giveWay(): void {
    try {
      if (this.#child.pid !== undefined) setPriority(this.#child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
    } catch {
      // It is gone, which shows elsewhere.
    }
  }

  /**
   * Loads a file. A process that takes too long is killed, with all it started.
   * @param limitSeconds what the file may take, once the process is there
   */
  async parse(request: ParseRequest, limitSeconds: number): Promise<ParseOutcome> {
    this.#output = "";
    this.#inputs = [];
    this.#filesGiven += 1;
    this.#request = randomUUID();
    const numbered: NumberedRequest = { ...request, request: this.#request };
    const timers: NodeJS.Timeout[] = [];
    let startedAt = performance.now();
    const answered = new Promise<ParseOutcome>((resolve) => {
      this.#onAnswer = ({ answer, isStray }) =>
        resolve({ kind: "answered", answer, isStray, seconds: (performance.now() - startedAt) / 1000 });
    });
    const late = new Promise<ParseOutcome>((resolve) => {
      const killAfter = (seconds: number, outcome: () => ParseOutcome) => {
        const kill = () => {
          this.kill();
          resolve(outcome());
        };
        timers.push(setTimeout(kill, seconds * 1000));
      };
      killAfter(START_SECONDS + limitSeconds, () => ({
        kind: "died",
        how: "the process to load it in does not start",
        inputs: [],
      }));
      // The file's time begins when the process is there.
      void this.#ready.then(() => {
        startedAt = performance.now();
        if (this.#isSpent || !this.#child.connected) return;
        this.#child.send(numbered, () => undefined);
        killAfter(limitSeconds, () => ({ kind: "too-slow", inputs: this.#inputs }));
      });
    });
    const died = this.#ended.then((how): ParseOutcome => ({ kind: "died", how, inputs: this.#inputs }));
    return Promise.race([answered, late, died]).finally(() => {
      for (const timer of timers) clearTimeout(timer);
      this.#request = undefined;
      this.#onAnswer = undefined;
    });
  }

  /** Ends it and all it started. May be called twice. */
  kill(): void {
    this.#isSpent = true;
    if (this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, "SIGKILL");
    } catch {
      // It and its group are gone.
    }
  }

  #receive(sent: unknown): void {
    if (!isParseMessage(sent) || (sent.kind !== "ready" && sent.request !== this.#request)) {
      // Nobody but code that should not send anything sends what was not asked for.
      this.#isSpent = true;
    } else if (sent.kind === "ready") {
      this.#onReady();
    } else if (sent.kind === "bundled") {
      this.#inputs = sent.inputs;
    } else {
      this.#isSpent ||= sent.isSpent;
      this.#onAnswer?.(sent);
    }
  }

  #describeEnd(code: number | null, signal: NodeJS.Signals | null): string {
    if (this.#output.includes(OVER_MEMORY) || /JavaScript heap out of memory/.test(this.#output)) {
      const limit =
        this.#memoryLimit === 0 ? "" : ` of ${this.#memoryLimit} MB ([dag_processor] dag_file_memory_limit)`;
      return `the process ran out of memory${limit}`;
    }
    const how = signal === null ? `the process ended with exit code ${code}` : `the process was killed by ${signal}`;
    const output = this.#output.trim();
    return output === "" ? how : `${how} (it wrote: ${output})`;
  }
}
