import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { ParseAnswer, ParseDefaults, ParseMessage, ParseRequest } from "./parse-protocol.ts";

const ENTRY = fileURLToPath(new URL("../parse-child.ts", import.meta.url));
const EXEC_ARGV = ["--import", import.meta.resolve("tsx"), "--enable-source-maps"];
/** What a process that loads users' files gets of the scheduler's environment. */
const ENVIRONMENT = /^(PATH|HOME|AIRFLOW_HOME|TZ|LANG|NODE_.*)$/;
/** What starting a process may take, on a machine that is very busy. */
const START_SECONDS = 60;
/** How much of what a process wrote is kept, to tell why it died. */
const KEPT_OUTPUT = 4_000;

/** One process that loads DAG files, one at a time, with its own process group. */
export class ParseProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<string>;
  readonly #ready: Promise<void>;
  #onReady: () => void = () => undefined;
  #output = "";
  #isSpent = false;
  #onAnswer: ((answer: ParseAnswer) => void) | undefined;

  constructor(defaults: ParseDefaults) {
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => ENVIRONMENT.test(name)));
    this.#child = fork(ENTRY, [JSON.stringify(defaults)], {
      execArgv: EXEC_ARGV,
      env,
      detached: true,
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.setEncoding("utf8");
      stream.on("data", (text: string) => {
        this.#output = (this.#output + text).slice(-KEPT_OUTPUT);
      });
    }
    this.#ready = new Promise((resolve) => {
      this.#onReady = resolve;
    });
    this.#child.on("message", (message: ParseMessage) => this.#receive(message));
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

  /** Loads a file. A process that takes too long is killed, with all it started. */
  async parse(request: ParseRequest, timeoutSeconds: number): Promise<ParseAnswer> {
    const { fileloc, relativeFileloc } = request;
    this.#output = "";
    const timers: NodeJS.Timeout[] = [];
    const answered = new Promise<ParseAnswer>((resolve) => {
      this.#onAnswer = resolve;
    });
    const timedOut = new Promise<ParseAnswer>((resolve) => {
      const killAfter = (seconds: number, error: string) => {
        const kill = () => {
          this.kill();
          resolve({ kind: "broken", error });
        };
        timers.push(setTimeout(kill, seconds * 1000));
      };
      killAfter(START_SECONDS + timeoutSeconds, `The process to load ${fileloc} in does not start`);
      // The file's time begins when the process is there.
      void this.#ready.then(() => {
        if (!this.#isSpent) killAfter(timeoutSeconds, `DagBag import timeout for ${fileloc} after ${timeoutSeconds}s.`);
      });
    });
    const died = this.#ended.then(
      (how): ParseAnswer => ({ kind: "broken", error: `${relativeFileloc}: ${how} while the file was loaded` }),
    );
    if (this.#child.connected) this.#child.send(request, () => undefined);
    return Promise.race([answered, timedOut, died]).finally(() => {
      for (const timer of timers) clearTimeout(timer);
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

  #receive(message: ParseMessage): void {
    if (message.kind === "ready") {
      this.#onReady();
    } else {
      this.#isSpent ||= message.isSpent;
      this.#onAnswer?.(message.answer);
    }
  }

  #describeEnd(code: number | null, signal: NodeJS.Signals | null): string {
    const how = signal === null ? `the process ended with exit code ${code}` : `the process was killed by ${signal}`;
    if (/JavaScript heap out of memory/.test(this.#output)) return "the process ran out of memory";
    const output = this.#output.trim();
    return output === "" ? how : `${how} (it wrote: ${output})`;
  }
}
