import { DaisyError } from "../errors.ts";
import { OPTIONS, type Option } from "./options.ts";

/** A value as the file has it, and the line it is on. */
export interface FileValue {
  readonly text: string;
  readonly line: number;
}

/** What a configuration file says, by `section.key` in lower case. */
export type FileValues = ReadonlyMap<string, FileValue>;

/**
 * Reads the form of Python's ConfigParser: `[section]`, `key = value` or `key: value`, comments with `#` or `;`, and
 * indented lines that continue a value. `%%` stands for `%` and is resolved by {@link unescapePercent}.
 */
export function parseAirflowCfg(text: string, file: string): FileValues {
  const values = new Map<string, FileValue>();
  let section: string | undefined;
  let last: string | undefined;
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const where = `${file}:${index + 1}`;
    const line = raw.trim();
    if (line === "" || line.startsWith("#") || line.startsWith(";")) continue;
    const header = /^\[([^\]]+)\]$/.exec(line);
    if (/^\s/.test(raw) && last !== undefined) {
      const before = values.get(last)!;
      values.set(last, { ...before, text: `${before.text}\n${line}` });
    } else if (header) {
      section = header[1]!.trim().toLowerCase();
      last = undefined;
    } else {
      const pair = /^([^=:]+?)\s*[=:]\s*(.*)$/.exec(line);
      // What the line has is not told: it may be a key that lacks its name.
      if (!pair) throw new DaisyError("CONFIG_SYNTAX", "expected `key = value`", where);
      if (section === undefined) throw new DaisyError("CONFIG_SYNTAX", "the line stands before any [section]", where);
      last = `${section}.${pair[1]!.toLowerCase()}`;
      values.set(last, { text: pair[2]!, line: index + 1 });
    }
  }
  return values;
}

/** Resolves ConfigParser's `%%`; any other `%` is a mistake there, and here. */
export function unescapePercent(text: string, where: string): string {
  const wrong = /%(?!%)/.exec(text.replaceAll("%%", ""));
  if (wrong) throw new DaisyError("CONFIG_SYNTAX", "a `%` in a value is written `%%`", where);
  return text.replaceAll("%%", "%");
}

/**
 * The text of a fresh `airflow.cfg`: every option with its description and value.
 * @param values what differs from the defaults, by `section.key`
 */
export function renderAirflowCfg(home: string, values: Readonly<Record<string, string>> = {}): string {
  const sections = Object.entries(OPTIONS).map(([section, options]) => {
    const lines = Object.entries(options).map(([key, option]) => {
      const value = values[`${section}.${key}`] ?? renderValue(option.default, home);
      return `${describe(option)}\n${key} = ${value.replaceAll("%", "%%")}\n`;
    });
    return `[${section}]\n\n${lines.join("\n")}`;
  });
  return sections.join("\n");
}

function describe(option: Option): string {
  const words = `${option.description}${option.values ? ` (${option.values.join(", ")})` : ""}`.split(" ");
  const lines = [""];
  for (const word of words) {
    const line = lines.at(-1)!;
    if (line !== "" && line.length + word.length > 100) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines.map((line) => `# ${line}`).join("\n");
}

/** A default in the file's spelling: Python's for booleans. */
export function renderValue(value: string | number | boolean, home: string): string {
  if (typeof value === "boolean") return value ? "True" : "False";
  return String(value).replace("{AIRFLOW_HOME}", () => home);
}
