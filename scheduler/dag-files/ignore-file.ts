import { setImmediate as turn } from "node:timers/promises";
import type { Log } from "#core/log.ts";
import { endsWithin } from "./ends-within.ts";
import { type IgnoreRule, isIgnored, readIgnoreRule } from "./ignore-rules.ts";

/** The syntaxes that `[core] dag_ignore_file_syntax` knows. */
export type IgnoreSyntax = "glob" | "regexp";

/** A file or directory of which an .airflowignore file is asked. */
export interface Ignorable {
  /** Below the DAGs folder. */
  readonly path: string;
  readonly isDirectory: boolean;
}

/** What comparing one path with one line may take; all but a few patterns take some microseconds. */
const LIMIT_MS = 250;

/**
 * An .airflowignore file. A pattern may be such that comparing it with a path never ends; since that is done in the
 * scheduler itself, it is broken off, and the line is told and left out for as long as the file is as it is.
 */
export class IgnoreFile {
  readonly #directory: string;
  /** How much of a path the rules do not look at. */
  readonly #skipped: number;
  #rules: readonly IgnoreRule[];

  /** @param directory where it lies: relative to the DAGs folder, which is the empty path itself */
  constructor(text: string, directory: string, syntax: IgnoreSyntax, log: Log) {
    this.#directory = directory;
    this.#skipped = syntax === "regexp" || directory === "" ? 0 : directory.length + 1;
    this.#rules = readRules(text, syntax, `${directory}/.airflowignore`, log);
  }

  /** Says whether entries are excluded; those of which it says nothing are not in the answer. */
  async judge<T extends Ignorable>(entries: readonly T[], log: Log): Promise<ReadonlyMap<T, boolean>> {
    const verdicts = new Map<T, boolean>();
    const inHand: { rule?: IgnoreRule } = {};
    let place = 0;
    const goOn = () => {
      for (; place < entries.length; place++) {
        const entry = entries[place]!;
        const path = entry.path.slice(this.#skipped);
        const verdict = isIgnored(this.#rules, path, entry.isDirectory, (rule) => {
          inHand.rule = rule;
        });
        if (verdict !== undefined) verdicts.set(entry, verdict);
      }
    };
    let stoppedAt = -1;
    while (place < entries.length && !endsWithin(LIMIT_MS, goOn)) {
      // Many paths may only be many, but a rule that has had all the time for one path is too slow.
      if (place === stoppedAt && inHand.rule !== undefined) this.#leaveOut(inHand.rule, entries[place]!.path, log);
      stoppedAt = place;
      await turn();
    }
    return verdicts;
  }

  #leaveOut(rule: IgnoreRule, path: string, log: Log): void {
    this.#rules = this.#rules.filter((other) => other !== rule);
    log.error(
      `Ignoring '${rule.line}' from ${this.#directory}/.airflowignore until the file changes: ` +
        `it takes too long to compare it with ${path}`,
    );
  }
}

/** The rules of a file. What cannot be read as one is told and left out. */
function readRules(text: string, syntax: IgnoreSyntax, file: string, log: Log): IgnoreRule[] {
  const [read, name] = syntax === "regexp" ? [readPattern, "regex"] : [readIgnoreRule, "pattern"];
  return text.split(/\r?\n/).flatMap((line) => {
    try {
      return read(line) ?? [];
    } catch (error) {
      log.warning(`Ignoring invalid ${name} '${line.trim()}' from ${file}: ${(error as Error).message}`);
      return [];
    }
  });
}

/**
 * Airflow's older syntax: a line is a regular expression that is looked for anywhere in the path below the DAGs
 * folder, wherever the file lies; `#` starts a comment (`airflow/utils/file.py`, `_RegexpIgnoreRule`).
 */
function readPattern(text: string): IgnoreRule | undefined {
  const line = text.replace(/\s*#.*/, "").trim();
  if (line === "") return undefined;
  return { line, pattern: compile(line), isNegated: false, directoriesOnly: false };
}

/** Python writes some things otherwise: flags in front of the pattern, and the names of groups. */
function compile(pattern: string): RegExp {
  const [, flags = "", body = ""] = /^(?:\(\?([imsux]+)\))?(.*)$/s.exec(pattern)!;
  return new RegExp(body.replaceAll("(?P<", "(?<"), [...flags].filter((flag) => "ims".includes(flag)).join(""));
}
