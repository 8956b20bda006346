import { Document, isScalar, parseDocument, Scalar, type Tags, visit } from "yaml";
import { DateValue, TimeDelta } from "./date-value.ts";

export interface YamlStyle {
  /** @default true */
  readonly sort_keys?: boolean;
  /** Everything in brackets, on one line as far as it goes. @default false */
  readonly default_flow_style?: boolean;
  /** @default 2 */
  readonly indent?: number;
  /** @default 80 */
  readonly width?: number;
  /** Writes letters beyond ASCII as they are. @default false */
  readonly allow_unicode?: boolean;
}

const NOT_ASCII = /[^\p{ASCII}]/gu;
/** YAML 1.1 as PyYAML has it, where `y` and `n` are letters. */
const SCHEMA = {
  version: "1.1",
  customTags: (tags: Tags): Tags =>
    tags.map((tag) => {
      if (typeof tag === "string" || tag.tag !== "tag:yaml.org,2002:bool" || "collection" in tag) return tag;
      return { ...tag, test: new RegExp(tag.test!.source.replace(/^\^\(\?:[YN]\|[yn]\|/, "^(?:")) };
    }),
} as const;

/** A value as PyYAML's `yaml.dump` writes it. */
export function dumpYaml(value: unknown, style: YamlStyle = {}): string {
  const { sort_keys: sorted = true, default_flow_style: flow = false, indent = 2, width = 80 } = style;
  const document = new Document(plain(value), { ...SCHEMA, sortMapEntries: sorted });
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value !== "string") return;
      // As PyYAML has it: no blocks of text, and what needs escapes in double quotes.
      const isEscaped = !style.allow_unicode && node.value.search(NOT_ASCII) >= 0;
      if (isEscaped) node.type = Scalar.QUOTE_DOUBLE;
      else if (node.value.includes("\n")) node.type = Scalar.QUOTE_SINGLE;
    },
    Collection(_, node) {
      if (flow) node.flow = true;
    },
  });
  const text = document.toString({
    singleQuote: true,
    indentSeq: false,
    indent,
    lineWidth: width,
    flowCollectionPadding: false,
  });
  const escaped = style.allow_unicode ? text : text.replaceAll(NOT_ASCII, escapeLetter);
  // What is not in quotes or brackets needs an end.
  const isOpen = isScalar(document.contents) && !/^["']/.test(text);
  return isOpen ? `${escaped}...\n` : escaped;
}

/** What a text in YAML 1.1 says, as PyYAML's `yaml.safe_load` reads it. Throws for what is no YAML. */
export function loadYaml(text: string): unknown {
  const document = parseDocument(text, { ...SCHEMA, prettyErrors: false, logLevel: "silent" });
  // A tag that nobody knows is only worth a warning to the library.
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) throw new Error(`The text is not YAML: ${problem.message}`);
  return withDates(document.toJS());
}

function plain(value: unknown): unknown {
  if (value instanceof DateValue || value instanceof TimeDelta) return value.toString();
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value ?? null;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

function withDates(value: unknown): unknown {
  if (value instanceof Date) return new DateValue(value.getTime(), null);
  if (Array.isArray(value)) return value.map(withDates);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withDates(item)]));
}

function escapeLetter(letter: string): string {
  const code = letter.codePointAt(0)!.toString(16).toUpperCase();
  if (code.length <= 2) return `\\x${code.padStart(2, "0")}`;
  return code.length <= 4 ? `\\u${code.padStart(4, "0")}` : `\\U${code.padStart(8, "0")}`;
}
