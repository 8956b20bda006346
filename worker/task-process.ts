import { type ChildProcess, fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import type { KnownSecrets } from "#core/secrets/known-secrets.ts";
import {
  type Answer,
  type CallbackOrder,
  type Ending,
  type FromChild,
  isFromChild,
  type Question,
  type ToChild,
  type TryOrder,
} from "./child/messages.ts";
import { type KnownProcess, killKnown, listDescendants } from "./descendants.ts";
import { killGroup, signalGroup } from "./kill-group.ts";
import { killMarked, PROCESS_MARK } from "./kill-marked.ts";
import { splitOutput } from "./split-output.ts";
import type { TaskUser } from "./task-user.ts";

/** What the worker does for the try that a process runs. */
export interface TryHost {
  /** What its output must not show: a line is not cut in the middle of it. */
  readonly secrets: Pick<KnownSecrets, "longest" | "cutNear">;
  onLine(stream: "stdout" | "stderr", line: string): void;
  /** While it resolves later, the process's output is not read. */
  untilRoom(): Promise<void> | undefined;
  answer(question: Question): Promise<Answer>;
}

/** How a process was done with a try. */
export type TryEnd =
  | { readonly kind: "ended"; readonly ending: Ending; readonly leftover?: string }
  | { readonly kind: "died"; readonly exitCode: number | null; readonly signal: NodeJS.Signals | null };

/** A process that runs tries, one at a time, in a process group of its own. */
export interface TaskProcess {
  readonly pid: number;
  /** Resolves when the process can run a try; rejects when it ends before that. */
  readonly ready: Promise<void>;
  readonly exited: Promise<void>;
  readonly hasExited: boolean;
  /** The code that it ran last. */
  readonly lastCode: string | undefined;
  readonly triesRun: number;
  /** Runs a try, or callbacks, to the end, whatever that is. */
  run(order: TryOrder | CallbackOrder, host: TryHost): Promise<TryEnd>;
  /** Asks the running try to stop: by its AbortSignal, then SIGTERM to the group, after a grace period SIGKILL. */
  stop(reason: string): void;
  /** Ends the process and all it started, at once. May be called twice. */
  kill(): void;
}

const ENTRY = fileURLToPath(new URL("./run-child.ts", import.meta.url));
/** What Node needs for running TypeScript. */
export const EXEC_ARGV = ["--import", import.meta.resolve("tsx"), "--enable-source-maps"];
/** How long the last output of a process that has ended, or says that its try has, may take to arrive. */
const LAST_OUTPUT_MS = 2_000;

/**
 * @param graceMs how long a try that is asked to stop has before it is killed
 * @param user as whom it runs; as this process does when left out
 */
export function startTaskProcess(env: Record<string, string>, graceMs: number, user?: TaskUser): TaskProcess {
  const mark = randomUUID();
  const child = fork(ENTRY, {
    execArgv: EXEC_ARGV,
    env: { ...env, [PROCESS_MARK]: mark },
    ...(user && { uid: user.uid, gid: user.gid }),
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  return new ForkedTaskProcess(child, mark, graceMs);
}

class ForkedTaskProcess implements TaskProcess {
  readonly ready: Promise<void>;
  readonly exited: Promise<void>;
  hasExited = false;
  lastCode: string | undefined;
  triesRun = 0;
  readonly #child: ChildProcess;
  readonly #graceMs: number;
  readonly #output;
  /** Of what must not outlive the process: its own, and that of the try that runs, failed or was stopped. */
  readonly #marks: Set<string>;
  #host: TryHost | undefined;
  #onDone: ((done: Extract<FromChild, { type: "done" }>) => void) | undefined;
  #callOffKill: (() => void) | undefined;
  #isStopped = false;
  /** What a try that failed or is stopped had started, as far as it could be seen then. */
  #doomed: KnownProcess[] = [];
  #exit: Pick<Extract<TryEnd, { kind: "died" }>, "exitCode" | "signal"> = { exitCode: null, signal: null };

  /** @param mark in the process's environment */
  constructor(child: ChildProcess, mark: string, graceMs: number) {
    this.#child = child;
    this.#graceMs = graceMs;
    this.#marks = new Set([mark]);
    let onReady: () => void;
    const ready = new Promise<void>((resolve) => {
      onReady = resolve;
    });
    child.on("message", (sent) => {
      if (!isFromChild(sent)) return;
      if (sent.type === "ready") onReady();
      else if (sent.type === "ask") void this.#answer(sent.number, sent.question);
      else this.#onDone?.(sent);
    });
    this.exited = new Promise<void>((resolve) => {
      // A process that could not be started says so by an error and no exit.
      child.once("error", () => child.pid === undefined && resolve());
      child.once("exit", (exitCode, signal) => {
        this.#exit = { exitCode, signal };
        resolve();
      });
    }).then(async () => {
      this.hasExited = true;
      this.#callOffKill?.();
      // What it started must not outlive it, but for the daemons of tries that came to their own end.
      if (child.pid !== undefined) signalGroup(child.pid, "SIGKILL");
      for (const known of this.#doomed) killKnown(known);
      await killMarked([...this.#marks]);
    });
    this.ready = Promise.race([
      ready,
      this.exited.then(() =>
        Promise.reject(new Error(`A task process ended before it was ready (${this.#howItEnded()})`)),
      ),
    ]);
    this.ready.catch(() => undefined);
    child.on("error", () => undefined);
    this.#output = { stdout: this.#readOutput("stdout"), stderr: this.#readOutput("stderr") };
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  async run(order: TryOrder | CallbackOrder, host: TryHost): Promise<TryEnd> {
    this.lastCode = order.codePath;
    this.triesRun += 1;
    this.#host = host;
    const marks = [this.#output.stdout.expect(order.endMark), this.#output.stderr.expect(order.endMark)];
    const done = new Promise<Extract<FromChild, { type: "done" }>>((resolve) => {
      this.#onDone = resolve;
    });
    const mark = randomUUID();
    this.#marks.add(mark);
    this.#send({ type: "run", order, mark });
    const message = await Promise.race([done, this.exited]);
    if (message !== undefined && message.ending.kind !== "failed" && !this.#isStopped) this.#marks.delete(mark);
    const complete = await withinTime(LAST_OUTPUT_MS, Promise.all(marks));
    this.#host = undefined;
    this.#onDone = undefined;
    if (message === undefined) return { kind: "died", ...this.#exit };
    const leftover = complete ? message.leftover : "an output stream that is closed or blocked";
    return { kind: "ended", ending: message.ending, ...(leftover !== undefined && { leftover }) };
  }

  stop(reason: string): void {
    if (this.hasExited || this.#callOffKill) return;
    this.#isStopped = true;
    this.#doom();
    this.#send({ type: "abort", reason });
    this.#callOffKill = killGroup(this.pid, this.#graceMs);
  }

  kill(): void {
    this.#isStopped = true;
    if (this.hasExited || this.#child.pid === undefined) return;
    this.#doom();
    signalGroup(this.pid, "SIGKILL");
  }

  /** Remembers what its try has started: some of it may have no parent any more, and no mark, when the process has ended. */
  #doom(): void {
    const ofTry = this.#marks.size > 1;
    if (ofTry) this.#doomed.push(...listDescendants(this.pid));
  }

  #howItEnded(): string {
    const { exitCode, signal } = this.#exit;
    return signal === null ? `exit code ${exitCode}` : signal;
  }

  #send(message: ToChild): void {
    // A process that is gone shows by its exit.
    if (this.#child.connected) this.#child.send(message, () => undefined);
  }

  async #answer(number: number, question: Question): Promise<void> {
    try {
      const host = this.#host;
      if (host === undefined) throw new Error("No try is running");
      this.#send({ type: "answer", number, answer: await host.answer(question) });
    } catch (error) {
      this.#send({ type: "refusal", number, message: (error as Error).message });
    }
  }

  #readOutput(name: "stdout" | "stderr") {
    const stream = this.#child[name];
    // A process that could not be started, because no more files may be opened, has none.
    if (!stream) return { expect: () => Promise.resolve() };
    let onEnd = () => {};
    const splitter = splitOutput(
      (line) => this.#host?.onLine(name, line),
      () => onEnd(),
      () => this.#host?.secrets,
    );
    stream.setEncoding("utf8");
    stream.on("data", (chunk: string) => {
      splitter.add(chunk);
      const room = this.#host?.untilRoom();
      if (room === undefined) return;
      stream.pause();
      void room.then(() => stream.resume());
    });
    stream.once("close", () => {
      splitter.end();
      onEnd();
    });
    return {
      /** Resolves when the mark has come or the stream is over. */
      expect: (mark: string) =>
        new Promise<void>((resolve) => {
          onEnd = resolve;
          if (stream.destroyed) resolve();
          splitter.expect(mark);
        }),
    };
  }
}

/** Whether the work ends within the time. */
async function withinTime(milliseconds: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds);
  });
  return Promise.race([work.then(() => true), late]).finally(() => clearTimeout(timer));
}
