import { spawn } from "node:child_process";

/** How a program is run: where, with which environment, and how long it may take. */
export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Milliseconds after which the program and its children are killed. */
  readonly timeout: number;
  readonly signal?: AbortSignal;
}

const KEPT_OUTPUT_CHARACTERS = 20_000;
const SHOWN_OUTPUT_LINES = 8;

/**
 * Runs a program and returns what it wrote to stdout; throws with its last lines when it fails or takes too long.
 * It gets a process group of its own, so that a compiler or a download it started dies with it.
 */
export async function runProgram(command: string, args: readonly string[], options: RunOptions): Promise<string> {
  options.signal?.throwIfAborted();
  return await new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    let stdout = "";
    let tail = "";
    let stoppedBecause: string | undefined;
    const stop = (reason: string): void => {
      stoppedBecause ??= reason;
      killGroup(child.pid);
    };
    const timer = setTimeout(() => stop(`took longer than ${options.timeout / 1000} s`), options.timeout);
    const onAbort = (): void => stop("was stopped");
    options.signal?.addEventListener("abort", onAbort, { once: true });
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", onAbort);
      act();
    };

    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      stdout += chunk;
      tail = (tail + chunk).slice(-KEPT_OUTPUT_CHARACTERS);
    });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      tail = (tail + chunk).slice(-KEPT_OUTPUT_CHARACTERS);
    });
    child.on("error", (error) => settle(() => reject(new Error(`${command}: ${error.message}`))));
    child.on("close", (code, signal) =>
      settle(() => {
        if (stoppedBecause === undefined && code === 0) return resolve(stdout);
        const how = stoppedBecause ?? (signal ? `was killed by ${signal}` : `ended with status ${code}`);
        reject(new Error([`${command} ${how}`, ...lastLines(tail)].join("\n  ")));
      }),
    );
  });
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // The group ended by itself in the meantime.
  }
}

function lastLines(text: string): string[] {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(-SHOWN_OUTPUT_LINES);
}
