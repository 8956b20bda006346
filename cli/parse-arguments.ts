import { parseArgs } from "node:util";
import { nearest } from "#core/nearest.ts";
import type { AnyCommand, Flag, Flags } from "./command.ts";

/** What the user typed does not fit the command; exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export interface ParsedArguments {
  readonly help: boolean;
  readonly args: Record<string, string | undefined>;
  readonly flags: Record<string, string | number | boolean | undefined>;
}

/**
 * Reads a command line by a command's literal. The mistakes are worded as Python's argparse words them, since that is
 * what users of Airflow see there.
 * @throws {UsageError}
 */
export function parseArguments(command: AnyCommand, argv: readonly string[]): ParsedArguments {
  const flags: Flags = { ...command.flags, help: { type: "boolean", short: "-h", help: "" } };
  const words = argv.map((word) => hideNegative(normalize(word, flags, command)));
  const { tokens } = parseArgs({
    args: words,
    options: Object.fromEntries(
      Object.entries(flags).map(([name, { type }]) => [
        longForm(name),
        { type: type === "boolean" ? ("boolean" as const) : ("string" as const) },
      ]),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values: ParsedArguments["flags"] = {};
  for (const [name, { type }] of Object.entries(flags)) values[name] = type === "boolean" ? false : undefined;
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(showNegative(token.value));
    if (token.kind !== "option") continue;
    const name = Object.keys(flags).find((key) => longForm(key) === token.name);
    if (name === undefined) throw unrecognized(token.rawName, flags);
    values[name] = readFlag(name, flags[name]!, token.value && showNegative(token.value));
  }
  const { help, ...rest } = values;
  if (help === true) return { help: true, args: {}, flags: rest };
  return { help: false, args: readPositionals(command, positionals, values), flags: rest };
}

/** Lets a negative number be a value, as argparse does: parseArgs takes every word that begins with a dash for a flag. */
const hideNegative = (word: string) => (/^-\d+(\.\d+)?$/.test(word) ? `\0${word}` : word);
const showNegative = (word: string) => word.replace(/^\0/, "");

const longForm = (name: string) => name.replaceAll("_", "-");

/** How a flag is written in messages, `-p/--port`. */
export function displayName(name: string, { short }: Pick<Flag, "short">): string {
  return [short, `--${longForm(name)}`].filter(Boolean).join("/");
}

/** Turns a short form, an alias or an underscored spelling into the one long form that parseArgs knows. */
function normalize(word: string, flags: Flags, command: AnyCommand): string {
  const [, head, value = ""] = /^(--?[A-Za-z][\w-]*)(=.*)?$/s.exec(word) ?? [];
  if (head === undefined) return word;
  const long = longForm(head);
  for (const [name, { short, reason }] of Object.entries(command.refused ?? {})) {
    if (long === `--${longForm(name)}` || head === short)
      throw new UsageError(`argument ${displayName(name, { short })}: not supported: ${reason}`);
  }
  for (const [name, { short, aliases = [] }] of Object.entries(flags)) {
    if (head === short || [name, ...aliases].some((other) => long === `--${longForm(other)}`))
      return `--${longForm(name)}${value}`;
    // -p8080
    const glued = short?.length === 2 && word.startsWith(short) && /^-\w\d+$/.test(word);
    if (glued) return `--${longForm(name)}=${word.slice(2)}`;
  }
  return word;
}

function unrecognized(rawName: string, flags: Flags): UsageError {
  const meant = nearest(
    rawName,
    Object.keys(flags).map((name) => `--${longForm(name)}`),
  );
  return new UsageError(`unrecognized arguments: ${rawName}${meant ? ` (did you mean ${meant}?)` : ""}`);
}

function readFlag(name: string, flag: Flag, text: string | undefined): string | number | boolean {
  const where = `argument ${displayName(name, flag)}`;
  if (flag.type === "boolean") {
    if (text !== undefined) throw new UsageError(`${where}: ignored explicit argument '${text}'`);
    return true;
  }
  if (text === undefined) throw new UsageError(`${where}: expected one argument`);
  if (flag.type === "number") {
    if (!/^\d+$/.test(text)) throw new UsageError(`${where}: invalid int value: '${text}'`);
    if (flag.positive && Number(text) === 0) throw new UsageError(`${where}: invalid positive int value: '${text}'`);
    return Number(text);
  }
  if (flag.choices && !flag.choices.includes(text))
    throw new UsageError(`${where}: invalid choice: '${text}' (choose from ${flag.choices.join(", ")})`);
  return text;
}

function readPositionals(
  command: AnyCommand,
  words: readonly string[],
  flags: ParsedArguments["flags"],
): ParsedArguments["args"] {
  const wanted = command.positionals ?? [];
  const missing = [
    ...wanted
      .slice(words.length)
      .filter(({ optional }) => !optional)
      .map(({ name }) => name),
    ...Object.entries(command.flags ?? {})
      .filter(([name, flag]) => flag.required && flags[name] === undefined)
      .map(([name, flag]) => displayName(name, flag)),
  ];
  if (missing.length > 0) throw new UsageError(`the following arguments are required: ${missing.join(", ")}`);
  if (words.length > wanted.length)
    throw new UsageError(`unrecognized arguments: ${words.slice(wanted.length).join(" ")}`);
  return Object.fromEntries(wanted.map(({ name }, index) => [name, words[index]]));
}
