import { spawn } from "node:child_process";
import { mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { loadConfig } from "#core/config/load.ts";
import type { AirflowConfig, AirflowConfigOverrides } from "#core/config/options.ts";
import { createLog, type Log, type LogLevel } from "#core/log.ts";
import { checkMigrated } from "#setup/check-migrated.ts";
import { isAlive } from "#setup/services/process-alive.ts";
import type { Flags, Input, Positionals } from "./command.ts";
import { UsageError } from "./parse-arguments.ts";
import { openServices } from "./services.ts";
import { banner } from "./version.ts";

/** The flags of every command that runs until it is stopped. */
export const SERVICE_FLAGS = {
  daemon: { short: "-D", type: "boolean", help: "Daemonize instead of running in the foreground" },
  pid: { value: "FILE", help: "PID file location" },
  stdout: { value: "FILE", help: "Redirect stdout to this file when daemonized" },
  stderr: { value: "FILE", help: "Redirect stderr to this file when daemonized" },
  log_file: { short: "-l", value: "FILE", help: "Location of the log file when daemonized" },
} as const satisfies Flags;

type ServiceInput = Pick<Input<Positionals, typeof SERVICE_FLAGS>, "console" | "signal" | "hard" | "argv" | "flags">;

export interface ServiceContext {
  readonly config: AirflowConfig;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/**
 * Runs one of Daisy's processes until the signal aborts, on services that are there and a database that is migrated;
 * with `-D`, starts that in the background instead and returns.
 * @param name what it is called in logs and file names
 */
export async function runService(
  name: string,
  input: ServiceInput,
  work: (context: ServiceContext) => Promise<void>,
  overrides: AirflowConfigOverrides = {},
): Promise<void> {
  const config = await loadConfig({ flags: overrides });
  if (input.flags.daemon) return startDaemon(name, config, input);
  // Under a parent that speaks for its parts, as standalone does, the banner would be one of many.
  if (process.send === undefined) input.console.print(await banner());
  using _pidFile = writePidFile(input.flags.pid);
  const log = createLog(name, config.logging.logging_level as LogLevel);
  const services = await openServices(config, { queue: true });
  // Without a word the servers would stay, since nobody is left to stop them.
  input.hard.addEventListener("abort", () => void services.release().finally(() => process.exit(130)));
  try {
    await checkMigrated(services.config.database.sql_alchemy_conn);
    await work({ config: services.config, log, signal: input.signal });
  } finally {
    await services.release();
  }
}

/** Starts this command again without `-D`, in a session of its own and with its output in files. */
function startDaemon(name: string, { home }: AirflowConfig, { argv, flags, console }: ServiceInput): void {
  const file = (suffix: string) => path.join(home, `airflow-${name}.${suffix}`);
  const pidFile = flags.pid ?? file("pid");
  refuseIfRunning(pidFile);
  const open = (output: string) => {
    mkdirSync(path.dirname(path.resolve(output)), { recursive: true });
    return openSync(output, "a");
  };
  const [out, err] = [flags.stdout ?? flags.log_file ?? file("out"), flags.stderr ?? flags.log_file ?? file("err")];
  const rest = argv.filter((word, index) => {
    const isPid = word === "--pid" || argv[index - 1] === "--pid" || word.startsWith("--pid=");
    return !isPid && word !== "-D" && word !== "--daemon";
  });
  const bin = fileURLToPath(new URL("./bin/airflow.js", import.meta.url));
  const child = spawn(process.execPath, [bin, ...rest, "--pid", pidFile], {
    detached: true,
    stdio: ["ignore", open(out), open(err)],
  });
  child.unref();
  console.print(`Started ${name} in the background, process ${child.pid}; its output goes to ${out} and ${err}`);
}

function refuseIfRunning(pidFile: string): void {
  const pid = readPid(pidFile);
  if (pid !== undefined && pid !== process.pid && isAlive(pid))
    throw new UsageError(`argument --pid: process ${pid} of ${pidFile} is still running; stop it or name another file`);
}

function readPid(pidFile: string): number | undefined {
  try {
    return Number(readFileSync(pidFile, "utf8")) || undefined;
  } catch {
    return undefined;
  }
}

/** The file goes when the process ends in order. */
function writePidFile(file: string | undefined): Disposable {
  if (file !== undefined) {
    refuseIfRunning(file);
    mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
    writeFileSync(file, `${process.pid}\n`);
  }
  return {
    [Symbol.dispose]() {
      if (file !== undefined && readPid(file) === process.pid) rmSync(file, { force: true });
    },
  };
}
