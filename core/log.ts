import { maskText } from "./secrets/mask-secrets.ts";

export type LogLevel = "DEBUG" | "INFO" | "WARNING" | "ERROR";

/** Writes one line of a process's log. */
export interface Log {
  debug(message: string): void;
  info(message: string): void;
  warning(message: string): void;
  error(message: string, error?: unknown): void;
}

const LEVELS: readonly LogLevel[] = ["DEBUG", "INFO", "WARNING", "ERROR"];

/**
 * A log in Airflow's line form, `[timestamp] {source} LEVEL - message`, without secrets.
 * @param source the part of Daisy that speaks, such as `scheduler`
 * @param level the least level written. @default "INFO"
 * @param write where a line goes. @default standard error
 */
export function createLog(
  source: string,
  level: LogLevel = "INFO",
  write: (line: string) => void = (line) => void process.stderr.write(line),
): Log {
  const least = LEVELS.indexOf(level);
  const at = (itsLevel: LogLevel) => (message: string) => {
    if (LEVELS.indexOf(itsLevel) < least) return;
    write(maskText(`[${new Date().toISOString()}] {${source}} ${itsLevel} - ${message}\n`));
  };
  const error = at("ERROR");
  return {
    debug: at("DEBUG"),
    info: at("INFO"),
    warning: at("WARNING"),
    error: (message, cause) => error(cause === undefined ? message : `${message}: ${describeError(cause)}`),
  };
}

/** An error's stack, or whatever was thrown, as text. */
export function describeError(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
