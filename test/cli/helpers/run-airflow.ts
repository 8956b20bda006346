import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const BIN = fileURLToPath(new URL("../../../cli/bin/airflow.js", import.meta.url));

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts `airflow …` as a user would, from a folder that is not the program's. */
export function startAirflow(argv: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(AIRFLOW_|NODE_OPTIONS)/.test(name));
  return spawn(process.execPath, [BIN, ...argv], {
    cwd: "/",
    env: { ...Object.fromEntries(inherited), ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
}

/** Runs `airflow …` to its end. */
export async function runAirflow(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  input = "",
): Promise<Outcome> {
  const child = startAirflow(argv, env);
  const [stdout, stderr] = [collect(child.stdout!), collect(child.stderr!)];
  child.stdin!.end(input);
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout: stdout(), stderr: stderr() };
}

/** Sends a signal to a process that may have ended already; resolves with its exit code when it has ended. */
export async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
  }
  return child.exitCode;
}

/** Resolves when the output holds a text; rejects when it ends without. */
export function untilPrinted(child: ChildProcess, text: string): Promise<string> {
  const output = collect(child.stdout!);
  const errors = collect(child.stderr!);
  return new Promise((resolve, reject) => {
    child.stdout!.on("data", () => output().includes(text) && resolve(output()));
    child.once("close", () => reject(new Error(`It ended without printing "${text}":\n${output()}${errors()}`)));
  });
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let text = "";
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    text += chunk;
  });
  return () => text;
}

/** An empty AIRFLOW_HOME. */
export async function makeHome(): Promise<AsyncDisposable & { readonly home: string }> {
  const home = await mkdtemp(path.join(tmpdir(), "daisy-cli-"));
  return { home, [Symbol.asyncDispose]: () => rm(home, { recursive: true, force: true }) };
}
