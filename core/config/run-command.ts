import { spawnSync } from "node:child_process";
import { DaisyError } from "../errors.ts";

/**
 * Runs the program that an option's `_CMD` names and returns what it prints, to the letter: as in Airflow a trailing
 * line break belongs to the value, so use `printf` rather than `echo`. No shell is involved.
 * @param moreArgs given to the program behind its own arguments, as they are
 */
export function runConfigCommand(command: string, where: string, moreArgs: readonly string[] = []): string {
  const [program, ...args] = [...splitArguments(command, where), ...moreArgs];
  if (program === undefined) throw new DaisyError("CONFIG_SYNTAX", "the command is empty", where);
  const result = spawnSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], timeout: 60_000 });
  if (result.error) throw new DaisyError("CONFIG_COMMAND", command, codeOf(result.error), result.error.message, where);
  if (result.status !== 0) {
    throw new DaisyError("CONFIG_COMMAND", command, result.status ?? result.signal ?? "?", result.stderr.trim(), where);
  }
  return result.stdout;
}

function codeOf(error: NodeJS.ErrnoException): string {
  return error.code ?? "?";
}

/** Splits a command line as Python's `shlex.split` does: quotes and backslashes, nothing else. */
export function splitArguments(command: string, where: string): string[] {
  const words: string[] = [];
  const pattern = /\s+|((?:[^\s'"\\]|\\.|'[^']*'|"(?:[^"\\]|\\.)*")+)|(.)/gsu;
  for (const [, word, wrong] of command.matchAll(pattern)) {
    if (wrong !== undefined) throw new DaisyError("CONFIG_SYNTAX", `no closing quotation in \`${command}\``, where);
    if (word !== undefined) words.push(word.replace(/\\(.)|'([^']*)'|"((?:[^"\\]|\\.)*)"/gsu, unquote));
  }
  return words;
}

function unquote(_: string, escaped?: string, single?: string, double?: string): string {
  return escaped ?? single ?? double!.replace(/\\(["\\])/g, "$1");
}
