import { spawn } from "node:child_process";
import { mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { isAlive } from "#setup/services/process-alive.ts";
import { UsageError } from "./parse-arguments.ts";
import { OUTPUT_FILES } from "./rotate-output.ts";

/** Where a process in the background writes. */
export interface DaemonFiles {
  readonly pid?: string;
  readonly stdout?: string;
  readonly stderr?: string;
  /** For both outputs when they have no file of their own. */
  readonly log_file?: string;
}

const BIN = fileURLToPath(new URL("./bin/airflow.js", import.meta.url));

/**
 * Starts this command again without `-D`, in a session of its own and with its output in files, by default
 * `airflow-<name>.pid`, `.out` and `.err` in the home folder.
 * @param argv the command line after the program's name
 * @throws {UsageError} when the process of the pid file still runs
 */
export function startDaemon(
  name: string,
  home: string,
  argv: readonly string[],
  { pid, stdout, stderr, log_file }: DaemonFiles,
): { pid: number; files: string[] } {
  const standard = (suffix: string) => path.join(home, `airflow-${name}.${suffix}`);
  const pidFile = pid ?? standard("pid");
  refuseIfRunning(pidFile);
  const files = [stdout ?? log_file ?? standard("out"), stderr ?? log_file ?? standard("err")];
  const [out, err] = files.map(openOutput);
  const child = spawn(process.execPath, [BIN, ...withoutDaemonFlags(argv), "--pid", pidFile], {
    detached: true,
    env: { ...process.env, [OUTPUT_FILES]: JSON.stringify(files.map((file) => path.resolve(file))) },
    stdio: ["ignore", out, err],
  });
  child.unref();
  // At once, so that a script finds it when this command has ended; the process writes the same.
  writePid(pidFile, child.pid!);
  return { pid: child.pid!, files };
}

function openOutput(file: string): number {
  mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
  return openSync(file, "a");
}

function withoutDaemonFlags(argv: readonly string[]): string[] {
  return argv.filter((word, index) => {
    const isPid = word === "--pid" || argv[index - 1] === "--pid" || word.startsWith("--pid=");
    return !isPid && word !== "-D" && word !== "--daemon";
  });
}

/** Writes this process's number to a file, if one is named; what is returned removes the file again. */
export function writePidFile(file: string | undefined): Disposable {
  if (file !== undefined) {
    refuseIfRunning(file);
    writePid(file, process.pid);
  }
  return {
    [Symbol.dispose]() {
      if (file !== undefined && readPid(file) === process.pid) rmSync(file, { force: true });
    },
  };
}

function refuseIfRunning(file: string): void {
  const pid = readPid(file);
  if (pid !== undefined && pid !== process.pid && isAlive(pid))
    throw new UsageError(`argument --pid: process ${pid} of ${file} is still running; stop it or name another file`);
}

function writePid(file: string, pid: number): void {
  mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
  writeFileSync(file, `${pid}\n`);
}

function readPid(file: string): number | undefined {
  try {
    return Number(readFileSync(file, "utf8")) || undefined;
  } catch {
    return undefined;
  }
}
