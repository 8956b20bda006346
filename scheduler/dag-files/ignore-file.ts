import type { Log } from "#core/log.ts";
import { isIgnored, readIgnoreRules } from "./ignore-rules.ts";

/** The syntaxes that `[core] dag_ignore_file_syntax` knows. */
export type IgnoreSyntax = "glob" | "regexp";

/** What an .airflowignore file says of a path below the DAGs folder; undefined: nothing. */
export type IgnoreFile = (path: string, isDirectory: boolean) => boolean | undefined;

/**
 * Reads an .airflowignore file.
 * @param directory where it lies: relative to the DAGs folder, which is the empty path itself
 */
export function readIgnoreFile(text: string, directory: string, syntax: IgnoreSyntax, log: Log): IgnoreFile {
  if (syntax === "regexp") return readPatterns(text, directory, log);
  const rules = readIgnoreRules(text);
  const below = directory === "" ? 0 : directory.length + 1;
  return (path, isDirectory) => isIgnored(rules, path.slice(below), isDirectory);
}

/**
 * Airflow's older syntax: each line is a regular expression that is looked for anywhere in the path below the DAGs
 * folder, wherever the file lies; `#` starts a comment. A wrong one is told and left out
 * (`airflow/utils/file.py`, `_RegexpIgnoreRule`).
 */
function readPatterns(text: string, directory: string, log: Log): IgnoreFile {
  const patterns = text.split(/\r?\n/).flatMap((line) => {
    const pattern = line.replace(/\s*#.*/, "").trim();
    if (pattern === "") return [];
    try {
      return [compile(pattern)];
    } catch (error) {
      log.warning(`Ignoring invalid regex '${pattern}' from ${directory}/.airflowignore: ${(error as Error).message}`);
      return [];
    }
  });
  return (path) => (patterns.some((pattern) => pattern.test(path)) ? true : undefined);
}

/** Python writes some things otherwise: flags in front of the pattern, and the names of groups. */
function compile(pattern: string): RegExp {
  const [, flags = "", body = ""] = /^(?:\(\?([imsux]+)\))?(.*)$/s.exec(pattern)!;
  return new RegExp(body.replaceAll("(?P<", "(?<"), [...flags].filter((flag) => "ims".includes(flag)).join(""));
}
