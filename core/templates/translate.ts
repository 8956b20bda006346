import { ExpressionReader, type Mentions, TemplateSyntaxError } from "./translate-expression.ts";

/** A template in MiniJinja's language. */
export interface Translation extends Mentions {
  readonly code: string;
  /** When the template is one expression and nothing else: that expression. */
  readonly onlyExpression: string | undefined;
}

/** A text, a comment, or what stands between `{{ }}` or `{% %}`. */
interface Piece {
  readonly kind: "text" | "print" | "statement";
  readonly body: string;
  /** `-` or `+` at the ends. */
  readonly marks: readonly [string, string];
}

const TAG = /\{([{%#])([-+]?)/g;
const CLOSE: Readonly<Record<string, RegExp>> = {
  "{": /"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*'|([-+]?)\}\}|\{|\}/g,
  "%": /"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*'|([-+]?)%\}/g,
  "#": /([-+]?)#\}/g,
};

/**
 * Translates a template of Jinja into one of MiniJinja that renders as Jinja in Python would: values print as Python
 * prints them, dates have arithmetic, and what has to be fetched is asked for. Throws {@link TemplateSyntaxError}.
 */
export function translate(template: string): Translation {
  const mentions: Mentions = { names: new Set(), locals: new Set() };
  const pieces = split(template);
  for (const piece of pieces) if (piece.kind === "statement") findLocals(piece.body, mentions.locals);
  const code = pieces.map((piece) => write(piece, mentions)).join("");
  const [only] = pieces;
  const isOne = pieces.length === 1 && only!.kind === "print";
  return { ...mentions, code, onlyExpression: isOne ? new ExpressionReader(only!.body, mentions).whole() : undefined };
}

function split(template: string): Piece[] {
  const pieces: Piece[] = [];
  const text = (body: string) => body !== "" && pieces.push({ kind: "text", body, marks: ["", ""] });
  let at = 0;
  for (;;) {
    TAG.lastIndex = at;
    const open = TAG.exec(template);
    if (open === null) break;
    text(template.slice(at, open.index));
    const [whole, sign, mark] = open;
    const bodyAt = open.index + whole.length;
    const { end, closeMark, next } = findClose(template, bodyAt, sign!);
    const body = template.slice(bodyAt, end);
    const marks = [mark!, closeMark] as const;
    at = next;
    if (sign === "#") pieces.push({ kind: "text", body: `{#${mark}${body}${closeMark}#}`, marks: ["", ""] });
    else if (sign === "{") pieces.push({ kind: "print", body, marks });
    else if (body.trim() === "raw") at = takeRaw(template, open.index, next, text);
    else pieces.push({ kind: "statement", body, marks });
  }
  text(template.slice(at));
  return pieces;
}

function takeRaw(template: string, from: number, next: number, text: (body: string) => unknown): number {
  const end = /\{%[-+]?\s*endraw\s*[-+]?%\}/g;
  end.lastIndex = next;
  const found = end.exec(template);
  if (found === null) throw new TemplateSyntaxError("a raw block has no endraw");
  const after = found.index + found[0].length;
  text(template.slice(from, after));
  return after;
}

function findClose(template: string, from: number, sign: string): { end: number; closeMark: string; next: number } {
  const close = new RegExp(CLOSE[sign]!.source, "g");
  close.lastIndex = from;
  let depth = 0;
  for (let match = close.exec(template); match !== null; match = close.exec(template)) {
    if (match[0] === "{") depth += 1;
    else if (match[0] === "}") depth -= 1;
    else if (match[1] === undefined) continue;
    else if (depth <= 0) return { end: match.index, closeMark: match[1], next: match.index + match[0].length };
    else {
      // `}}` that ends a dict: one brace is the dict's.
      depth -= 1;
      close.lastIndex = match.index + match[0].length - 1;
    }
  }
  throw new TemplateSyntaxError(`a tag is not closed: "${template.slice(from - 2, from + 30)}"`);
}

/** Names that statements set, wherever they do: they are not looked for in the context. */
function findLocals(body: string, locals: Set<string>): void {
  const add = (names: string) => {
    for (const name of names.match(/[\p{L}_][\p{L}\p{N}_]*/gu) ?? []) locals.add(name);
  };
  const target = /^\s*(?:set\s+([^=|]+?)\s*(?:[=|]|$)|for\s+([\s\S]+?)\s+in\s|macro\s+([\s\S]*)|call\s*\(([^)]*)\))/u;
  const match = target.exec(body);
  if (match !== null)
    add(
      match
        .slice(1)
        .find((names) => names !== undefined)!
        .replace(/\.[\p{L}\p{N}_]+/gu, ""),
    );
  if (/^\s*with\s/.test(body)) for (const [, name] of body.matchAll(/(?:with|,)\s*(\w+)\s*=/g)) locals.add(name!);
  if (/^\s*for\s/.test(body)) locals.add("loop");
  if (/^\s*call\b|^\s*macro\b/.test(body)) locals.add("caller");
}

function write({ kind, body, marks: [open, close] }: Piece, mentions: Mentions): string {
  if (kind === "text") return body;
  if (kind === "print") {
    const code = new ExpressionReader(body, mentions).whole();
    return `{%${open} set out__ = ${code} %}{{ out__ if (out__ is undefined or out__ is string or out__ is number) else out__|text__ ${close}}}`;
  }
  return `{%${open} ${writeStatement(body, mentions)} ${close}%}`;
}

function writeStatement(body: string, mentions: Mentions): string {
  const [, word, rest] = /^\s*(\w+)([\s\S]*)$/.exec(body) ?? ["", "", ""];
  switch (word) {
    case "if":
    case "elif":
    case "do":
      return `${word} ${new ExpressionReader(rest!, mentions).whole()}`;
    case "for":
      return writeFor(rest!, mentions);
    case "set":
      return writeSet(rest!, mentions);
    case "with":
      return writeWith(rest!, mentions);
    case "include":
      throw new TemplateSyntaxError(
        `{% include${rest!.trimEnd()} %}: only names in quotes can be included, because files are read with the DAG's file`,
      );
    case "import":
    case "from":
    case "extends":
      throw new TemplateSyntaxError(
        `{% ${word} %} is not supported; {% include 'file' %} is, and a field may name a file with the whole template`,
      );
    default:
      for (const name of rest!.match(/[\p{L}_][\p{L}\p{N}_]*/gu) ?? []) mentions.names.add(name);
      return body.trim();
  }
}

function writeFor(rest: string, mentions: Mentions): string {
  const match = /^\s*([\s\S]+?)\s+in\s([\s\S]*)$/.exec(rest);
  if (match === null) throw new TemplateSyntaxError(`expected "for … in …" in "for${rest}"`);
  const reader = new ExpressionReader(match[2]!, mentions);
  const list = reader.tuple(false);
  const condition = reader.take("if") ? ` if ${reader.expression()}` : "";
  const recursive = reader.take("recursive") ? " recursive" : "";
  reader.end();
  return `for ${match[1]} in ${list}${condition}${recursive}`;
}

function writeSet(rest: string, mentions: Mentions): string {
  const match = /^([^=|]+?)=([\s\S]*)$/.exec(rest);
  // A block, whose text is set.
  if (match === null) return `set ${rest.trim()}`;
  const target = match[1]!.trim();
  const code = new ExpressionReader(match[2]!, mentions).whole();
  return `set ${target.includes(",") && !target.startsWith("(") ? `(${target})` : target} = ${code}`;
}

function writeWith(rest: string, mentions: Mentions): string {
  const reader = new ExpressionReader(rest, mentions);
  const parts: string[] = [];
  do {
    const name = reader.name();
    if (!reader.take("=")) throw new TemplateSyntaxError(`expected "=" in "with${rest}"`);
    parts.push(`${name} = ${reader.expression()}`);
  } while (reader.take(","));
  reader.end();
  return `with ${parts.join(", ")}`;
}
