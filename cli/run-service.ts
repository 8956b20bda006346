import { loadConfig } from "#core/config/load.ts";
import type { AirflowConfig } from "#core/config/options.ts";
import { createLog, type Log, type LogLevel } from "#core/log.ts";
import { checkMigrated } from "#setup/check-migrated.ts";
import type { Flags, Input, Positionals } from "./command.ts";
import { startDaemon, writePidFile } from "./daemon.ts";
import { checkOpenFiles } from "./open-files.ts";
import { rotateOutput } from "./rotate-output.ts";
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
  /** Aborts at the second request to stop. */
  readonly hard: AbortSignal;
}

/**
 * Runs one of Daisy's processes until the signal aborts, on services that are there and a database that is migrated;
 * with `-D`, starts that in the background instead and returns.
 * @param name what it is called in logs and file names
 * @param options `heedsHard`: the work ends soon when `hard` aborts; else the process is ended then
 */
export async function runService(
  name: string,
  input: ServiceInput,
  work: (context: ServiceContext) => Promise<void>,
  { heedsHard = false } = {},
): Promise<void> {
  const config = await loadConfig();
  checkOpenFiles(name, config);
  if (input.flags.daemon) {
    const { pid, files } = startDaemon(name, config.home, input.argv, input.flags);
    input.console.print(`Started ${name} in the background, process ${pid}; its output goes to ${files.join(" and ")}`);
    return;
  }
  // Under a parent that speaks for its parts, as standalone does, the banner would be one of many.
  if (process.send === undefined) input.console.print(await banner());
  rotateOutput();
  using _pidFile = writePidFile(input.flags.pid);
  const log = createLog(name, config.logging.logging_level as LogLevel);
  const services = await openServices(config, { queue: true });
  // Without a word the servers would stay, since nobody is left to stop them.
  const cutOff = () => void services.release().finally(() => process.exit(130));
  if (!heedsHard) input.hard.addEventListener("abort", cutOff);
  try {
    await checkMigrated(services.config.database.sql_alchemy_conn);
    if (!input.signal.aborted) await work({ config: services.config, log, signal: input.signal, hard: input.hard });
  } finally {
    await services.release();
  }
}
