import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { pauseFor } from "#core/duty.ts";
import { DaisyError } from "#core/errors.ts";
import { maskText } from "#core/secrets/mask-secrets.ts";

const BIN = fileURLToPath(new URL("./bin/airflow.js", import.meta.url));
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 30_000;
/** A process that ran this long before it died starts its pauses anew. */
const STEADY_MS = 60_000;
/** How long a process may take to finish what it holds. */
const PATIENCE_MS = 30_000;

export interface ComponentOptions {
  /** Shown before each line of its output. */
  readonly name: string;
  /** The command line after `airflow`. */
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Gets each line that it writes, without secrets. */
  readonly write: (line: string) => void;
}

/**
 * A process of Daisy that is started again when it dies, after a pause that doubles from 0.1 s to 30 s. It has a
 * process group of its own, so that Ctrl-C reaches it through its parent only, and a channel to the parent whose end
 * tells it that the parent is gone.
 */
export class Component {
  readonly name: string;
  readonly #options: ComponentOptions;
  readonly #stop = new AbortController();
  #child: ChildProcess | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(options: ComponentOptions) {
    this.name = options.name;
    this.#options = options;
  }

  /**
   * Starts it. What is returned rejects when it ends by itself for the first time before `isUp` says that all is
   * well: what cannot even start is not started for ever. It resolves when the component is stopped.
   */
  start(isUp: () => boolean): Promise<void> {
    this.#running = this.#keepRunning(isUp);
    return this.#running;
  }

  async #keepRunning(isUp: () => boolean): Promise<void> {
    let pause = FIRST_PAUSE_MS;
    while (!this.#stop.signal.aborted) {
      const startedAt = performance.now();
      const ending = await this.#runOnce();
      if (this.#stop.signal.aborted) return;
      if (!isUp()) throw new DaisyError("SERVICE_FAILED", `The ${this.name}`, ending);
      if (performance.now() - startedAt > STEADY_MS) pause = FIRST_PAUSE_MS;
      this.#options.write(`ended (${ending}); starting it again in ${pause / 1_000} s`);
      await pauseFor(pause, this.#stop.signal);
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    }
  }

  async #runOnce(): Promise<string> {
    const { argv, env, write } = this.#options;
    const child = fork(BIN, argv, {
      execArgv: [],
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      detached: true,
      env: { ...process.env, ...env },
    });
    this.#child = child;
    for (const stream of [child.stdout!, child.stderr!]) forEachLine(stream, write);
    const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
    return signal ?? `exit code ${code}`;
  }

  /** Asks it to end, waits until it has, and kills it when it takes longer than 30 s. May be called twice. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#child?.kill("SIGTERM");
    const timer = setTimeout(() => this.kill(), PATIENCE_MS);
    await this.#running.catch(() => undefined);
    clearTimeout(timer);
  }

  /** Ends it and what shares its process group at once. */
  kill(): void {
    this.#stop.abort();
    const { pid, exitCode, signalCode } = this.#child ?? {};
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    try {
      process.kill(-pid, "SIGKILL");
    } catch {
      this.#child?.kill("SIGKILL");
    }
  }
}

function forEachLine(stream: NodeJS.ReadableStream, write: (line: string) => void): void {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop()!;
    for (const line of lines) write(maskText(line));
  });
  stream.on("end", () => {
    if (rest !== "") write(maskText(rest));
  });
}
