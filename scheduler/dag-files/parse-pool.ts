import { ParseProcess } from "./parse-process.ts";
import type { ParseAnswer, ParseDefaults, ParseRequest } from "./parse-protocol.ts";

interface Waiting {
  readonly request: ParseRequest;
  readonly resolve: (answer: ParseAnswer) => void;
}

/** Parses files in a fixed number of processes, which are started ahead and replaced when they are spent. */
export class ParsePool {
  readonly #defaults: ParseDefaults;
  readonly #timeoutSeconds: number;
  readonly #idle: ParseProcess[] = [];
  readonly #busy = new Set<ParseProcess>();
  /** Urgent ones first. */
  readonly #waiting: { urgent: Waiting[]; ordinary: Waiting[] } = { urgent: [], ordinary: [] };
  #isClosed = false;

  constructor(defaults: ParseDefaults, processes: number, timeoutSeconds: number) {
    this.#defaults = defaults;
    this.#timeoutSeconds = timeoutSeconds;
    for (let i = 0; i < processes; i++) this.#idle.push(new ParseProcess(defaults));
  }

  /** Parses a file as soon as a process is free; urgent files go before all others. */
  parse(request: ParseRequest, urgent: boolean): Promise<ParseAnswer> {
    return new Promise((resolve) => {
      this.#waiting[urgent ? "urgent" : "ordinary"].push({ request, resolve });
      this.#next();
    });
  }

  /** Kills all processes; what waits is never answered. May be called twice. */
  close(): void {
    this.#isClosed = true;
    for (const process of [...this.#idle, ...this.#busy]) process.kill();
  }

  #next(): void {
    if (this.#isClosed || this.#idle.length === 0) return;
    const waiting = this.#waiting.urgent.shift() ?? this.#waiting.ordinary.shift();
    if (waiting === undefined) return;
    const idle = this.#idle.pop()!;
    // One that died while it had nothing to do is no file's fault.
    void this.#work(idle.isSpent ? new ParseProcess(this.#defaults) : idle, waiting);
    this.#next();
  }

  async #work(process: ParseProcess, { request, resolve }: Waiting): Promise<void> {
    this.#busy.add(process);
    const answer = await process.parse(request, this.#timeoutSeconds);
    // What a killed process seems to say of its file is not so.
    if (this.#isClosed) return;
    resolve(answer);
    this.#busy.delete(process);
    if (process.isSpent) process.kill();
    this.#idle.push(process.isSpent ? new ParseProcess(this.#defaults) : process);
    this.#next();
  }
}
