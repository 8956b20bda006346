const TOKEN =
  /\s*(?:([[\](){},:])|([-+]?(?:\d+\.\d*|\.\d+|\d+)(?:[eE][-+]?\d+)?)|("(?:[^"\\\n]|\\[\s\S])*"|'(?:[^'\\\n]|\\[\s\S])*')|(True|False|None)(?!\w))/y;
const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", "0": "\0" };

/**
 * Reads a text that is a literal of Python (as `ast.literal_eval`): numbers, texts, lists, tuples, dicts, True, False,
 * None. A tuple or set becomes an array. Undefined when the text is no literal.
 */
export function readPythonLiteral(text: string): { readonly value: unknown } | undefined {
  try {
    const reader = new LiteralReader(text);
    const value = reader.top();
    return { value };
  } catch (error) {
    if (error instanceof NoLiteral) return undefined;
    throw error;
  }
}

class NoLiteral extends Error {}

class LiteralReader {
  readonly #tokens: RegExpExecArray[] = [];
  #next = 0;

  constructor(text: string) {
    const token = new RegExp(TOKEN.source, TOKEN.flags);
    const end = text.trimEnd().length;
    while (token.lastIndex < end) {
      const match = token.exec(text);
      if (match === null) throw new NoLiteral();
      this.#tokens.push(match);
    }
  }

  /** A value, or several with commas: a tuple without parentheses. */
  top(): unknown {
    const first = this.#value();
    if (this.#next === this.#tokens.length) return first;
    const items = [first];
    while (this.#take(",")) if (this.#next < this.#tokens.length) items.push(this.#value());
    if (this.#next < this.#tokens.length) throw new NoLiteral();
    return items;
  }

  #take(mark: string): boolean {
    if (this.#tokens[this.#next]?.[1] !== mark) return false;
    this.#next += 1;
    return true;
  }

  #value(): unknown {
    const match = this.#tokens[this.#next];
    this.#next += 1;
    if (match === undefined) throw new NoLiteral();
    const [, mark, number, text, word] = match;
    if (number !== undefined) return readNumber(number);
    if (text !== undefined) return this.#texts(text);
    if (word !== undefined) return word === "None" ? null : word === "True";
    if (mark === "[") return this.#items("]").items;
    if (mark === "{") return this.#dict();
    if (mark !== "(") throw new NoLiteral();
    const { items, sawComma } = this.#items(")");
    // `(1)` is 1.
    return items.length === 1 && !sawComma ? items[0] : items;
  }

  /** Texts that follow each other are one. */
  #texts(first: string): string {
    let whole = unquote(first);
    for (let next = this.#tokens[this.#next]?.[3]; next !== undefined; next = this.#tokens[this.#next]?.[3]) {
      whole += unquote(next);
      this.#next += 1;
    }
    return whole;
  }

  #items(close: string): { items: unknown[]; sawComma: boolean } {
    const items: unknown[] = [];
    let sawComma = false;
    while (!this.#take(close)) {
      items.push(this.#value());
      if (this.#take(",")) sawComma = true;
      else if (this.#take(close)) break;
      else throw new NoLiteral();
    }
    return { items, sawComma };
  }

  #dict(): unknown {
    if (this.#take("}")) return {};
    const first = this.#value();
    if (!this.#take(":")) return this.#set(first);
    const entries: [string, unknown][] = [[keyOf(first), this.#value()]];
    while (this.#take(",") && !this.#is("}")) {
      const key = keyOf(this.#value());
      if (!this.#take(":")) throw new NoLiteral();
      entries.push([key, this.#value()]);
    }
    if (!this.#take("}")) throw new NoLiteral();
    return Object.fromEntries(entries);
  }

  #set(first: unknown): unknown[] {
    const items = [first];
    while (this.#take(",") && !this.#is("}")) items.push(this.#value());
    if (!this.#take("}")) throw new NoLiteral();
    return [...new Set(items)];
  }

  #is(mark: string): boolean {
    return this.#tokens[this.#next]?.[1] === mark;
  }
}

function readNumber(text: string): number {
  // Python has no numbers with leading zeros.
  if (/^[-+]?0\d+$/.test(text) && !/^[-+]?0+$/.test(text)) throw new NoLiteral();
  const value = Number(text);
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) throw new NoLiteral();
  return value;
}

function unquote(text: string): string {
  return text
    .slice(1, -1)
    .replaceAll(
      /\\(?:u([\da-fA-F]{4})|x([\da-fA-F]{2})|([\s\S]))/g,
      (_, unit?: string, byte?: string, one?: string) => {
        const code = unit ?? byte;
        if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
        if (one === "\n") return "";
        return ESCAPES[one!] ?? ("\\'\"".includes(one!) ? one! : `\\${one}`);
      },
    );
}

function keyOf(value: unknown): string {
  if (typeof value === "object" && value !== null) throw new NoLiteral();
  return typeof value === "string" ? value : value === null ? "None" : String(value);
}
