import { DaisyError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import type { Option } from "./options.ts";

/** A value as text, and where it came from: a variable's name, or a file and line. */
export interface SourcedText {
  readonly text: string;
  readonly where: string;
}

/**
 * The typed value of an option. Booleans are spelled as Airflow spells them: t, true, 1 and f, false, 0 in any case.
 * @throws {DaisyError} CONFIG_VALUE, which names section, key, what was expected, what came, and where
 */
export function parseValue(
  section: string,
  key: string,
  option: Option,
  source: SourcedText,
): string | number | boolean {
  const wrong = (expected: string, hint = "") => {
    const got = option.sensitive ? "something else, not shown because it is secret" : `'${source.text}'`;
    return new DaisyError("CONFIG_VALUE", section, key, expected, `${got}${hint}`, source.where);
  };
  switch (typeof option.default) {
    case "boolean":
      return parseBoolean(source.text) ?? raise(wrong("True or False"));
    case "number": {
      const { min = 0, max, whole = false } = option;
      const range = max === undefined ? `of at least ${min}` : `from ${min} to ${max}`;
      return parseNumber(source.text, { min, max, whole }) ?? raise(wrong(`a ${whole ? "whole " : ""}number ${range}`));
    }
    default: {
      const { shape, values } = option;
      if (shape && source.text !== "" && !shape.pattern.test(source.text)) throw wrong(shape.expected);
      if (!values) return source.text;
      const found = values.find((value) => value.toLowerCase() === source.text.trim().toLowerCase());
      const meant = nearest(source.text, values);
      return (
        found ?? raise(wrong(`one of ${values.join(", ")}`, meant === undefined ? "" : `; did you mean ${meant}?`))
      );
    }
  }
}

function parseBoolean(text: string): boolean | undefined {
  const word = text.trim().toLowerCase();
  if (["t", "true", "1"].includes(word)) return true;
  if (["f", "false", "0"].includes(word)) return false;
  return undefined;
}

function parseNumber(
  text: string,
  { min, max = Number.MAX_VALUE, whole }: { min: number; max: number | undefined; whole: boolean },
): number | undefined {
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text.trim())) return undefined;
  const value = Number(text);
  return Number.isFinite(value) && value >= min && value <= max && (!whole || Number.isInteger(value))
    ? value
    : undefined;
}

function raise(error: Error): never {
  throw error;
}
