/** What a template names, found while it is translated. */
export interface Mentions {
  /** Names that are read. */
  readonly names: Set<string>;
  /** Names that the template itself sets. */
  readonly locals: Set<string>;
}

/** A template that is not Jinja, or asks for what templates may not have. */
export class TemplateSyntaxError extends Error {
  override readonly name = "TemplateSyntaxError";
}

interface Token {
  readonly kind: "name" | "number" | "text" | "mark";
  readonly text: string;
}

const TOKEN =
  /\s*(?:([\p{L}_][\p{L}\p{N}_]*)|(\d[\d_]*(?:\.\d[\d_]*)?(?:[eE][-+]?\d+)?)|("(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*')|(\*\*|\/\/|==|!=|<=|>=|[-+*/%~<>=.,:|()[\]{}]))/uy;
const CONSTANTS: Readonly<Record<string, string>> = {
  ...{ true: "true", True: "true", false: "false", False: "false" },
  ...{ none: "none", None: "none" },
};
/** Words of Jinja's grammar, which are no names. */
const WORDS = new Set(["if", "else", "and", "or", "not", "in", "is", "recursive"]);
const COMPARISONS = new Set(["==", "!=", "<", ">", "<=", ">="]);
/** Operators that dates and formatted texts have too. */
const SHARED = new Set(["+", "-", "%", "<", ">", "<=", ">="]);
/** Methods of Python's types that MiniJinja does not know. */
const METHODS = new Set([
  ...["format", "zfill", "ljust", "rjust", "center", "partition", "removeprefix", "removesuffix", "index"],
  ...["isdigit", "casefold", "swapcase", "get"],
]);
/** Names whose values are fetched when they are read. */
export const FETCHED_NAMES: ReadonlySet<string> = new Set([
  ...["prev_data_interval_start_success", "prev_data_interval_end_success"],
  ...["prev_start_date_success", "prev_end_date_success", "triggering_asset_events", "inlet_events"],
  "expanded_ti_count",
]);

/**
 * Translates an expression of Jinja into what MiniJinja understands with the helpers of `environment.ts`: arithmetic
 * of dates and `%` of texts become calls of `op__`, methods that MiniJinja lacks calls of `method__`, variables and
 * connections calls of `var__` and `conn__`.
 */
export class ExpressionReader {
  readonly #tokens: Token[] = [];
  readonly #mentions: Mentions;
  readonly #source: string;
  #next = 0;

  constructor(source: string, mentions: Mentions) {
    this.#source = source.trim();
    this.#mentions = mentions;
    const token = new RegExp(TOKEN.source, TOKEN.flags);
    const end = source.trimEnd().length;
    while (token.lastIndex < end) {
      const at = token.lastIndex;
      const match = token.exec(source);
      if (match === null) throw this.#wrong(`unexpected ${JSON.stringify(source.slice(at).trim()[0])}`);
      const [, name, number, text, mark] = match;
      if (name !== undefined) this.#tokens.push({ kind: "name", text: name });
      else if (number !== undefined) this.#tokens.push({ kind: "number", text: number.replaceAll("_", "") });
      else if (text !== undefined) this.#tokens.push({ kind: "text", text });
      else this.#tokens.push({ kind: "mark", text: mark! });
    }
  }

  /** The whole source as one expression, where commas make a list. */
  whole(): string {
    const code = this.tuple();
    this.end();
    return code;
  }

  end(): void {
    if (this.#next < this.#tokens.length) throw this.#wrong(`unexpected ${JSON.stringify(this.#peek()!.text)}`);
  }

  /** Expressions with commas between them. @param withCondition whether `a if b else c` is one */
  tuple(withCondition = true): string {
    const one = () => (withCondition ? this.expression() : this.#or());
    const items = [one()];
    let isTuple = false;
    while (this.take(",")) {
      isTuple = true;
      if (this.#next < this.#tokens.length && !this.#is(")", "=")) items.push(one());
    }
    return isTuple ? `[${items.join(", ")}]` : items[0]!;
  }

  expression(): string {
    let value = this.#or();
    while (this.take("if")) {
      const condition = this.#or();
      const otherwise = this.take("else") ? this.expression() : undefined;
      value = otherwise === undefined ? `(${value} if ${condition})` : `(${value} if ${condition} else ${otherwise})`;
    }
    return value;
  }

  /** The next name. */
  name(): string {
    const token = this.#tokens[this.#next];
    if (token?.kind !== "name") throw this.#wrong("expected a name");
    this.#next += 1;
    return token.text;
  }

  /** Whether the next token is this one, which is then read. */
  take(text: string): boolean {
    const token = this.#tokens[this.#next];
    if (token === undefined || token.kind === "text" || token.text !== text) return false;
    this.#next += 1;
    return true;
  }

  #peek(ahead = 0): Token | undefined {
    return this.#tokens[this.#next + ahead];
  }

  #is(...texts: string[]): boolean {
    const token = this.#peek();
    return token !== undefined && token.kind !== "text" && texts.includes(token.text);
  }

  #expect(text: string): void {
    if (!this.take(text)) throw this.#wrong(`expected "${text}"`);
  }

  #wrong(problem: string): TemplateSyntaxError {
    return new TemplateSyntaxError(`${problem} in "${this.#source}"`);
  }

  #or(): string {
    let left = this.#and();
    while (this.take("or")) left = `(${left} or ${this.#and()})`;
    return left;
  }

  #and(): string {
    let left = this.#not();
    while (this.take("and")) left = `(${left} and ${this.#not()})`;
    return left;
  }

  #not(): string {
    return this.take("not") ? `(not ${this.#not()})` : this.#comparison();
  }

  #comparison(): string {
    let left = this.#sum();
    const parts: string[] = [];
    for (;;) {
      const sign = this.#comparisonSign();
      if (sign === undefined) break;
      const right = this.#sum();
      parts.push(combine(sign, left, right));
      left = right;
    }
    return parts.length === 0 ? left : parts.length === 1 ? parts[0]! : `(${parts.join(" and ")})`;
  }

  #comparisonSign(): string | undefined {
    const token = this.#peek();
    if (token === undefined || token.kind === "text") return undefined;
    if (COMPARISONS.has(token.text) || token.text === "in") {
      this.#next += 1;
      return token.text;
    }
    if (token.text !== "not" || this.#peek(1)?.text !== "in") return undefined;
    this.#next += 2;
    return "not in";
  }

  #sum(): string {
    let left = this.#concatenation();
    while (this.#is("+", "-")) left = combine(this.#mark(), left, this.#concatenation());
    return left;
  }

  #concatenation(): string {
    const parts = [this.#product()];
    while (this.take("~")) parts.push(this.#product());
    return parts.length === 1 ? parts[0]! : `(${parts.map((part) => `(${part}|text__)`).join(" ~ ")})`;
  }

  #product(): string {
    let left = this.#power();
    while (this.#is("*", "/", "//", "%")) left = combine(this.#mark(), left, this.#power());
    return left;
  }

  #mark(): string {
    return this.#tokens[this.#next++]!.text;
  }

  #power(): string {
    let left = this.#unary();
    while (this.take("**")) left = `(${left} ** ${this.#unary()})`;
    return left;
  }

  #unary(): string {
    if (this.take("-")) return negative(this.#unary());
    if (this.take("+")) return this.#unary();
    return this.#filtersOf(this.#postfix(this.#primary()));
  }

  #primary(): string {
    const token = this.#peek();
    if (token === undefined) throw this.#wrong("an expression ends too early");
    this.#next += 1;
    if (token.kind === "number") return token.text;
    if (token.kind === "text") return this.#texts(token.text);
    if (token.kind === "name") return this.#named(token.text);
    if (token.text === "[") return `[${this.#items("]").join(", ")}]`;
    if (token.text === "{") return this.#dict();
    if (token.text !== "(") throw this.#wrong(`unexpected "${token.text}"`);
    if (this.take(")")) return "[]";
    const inner = this.tuple();
    this.#expect(")");
    return `(${inner})`;
  }

  #texts(first: string): string {
    let whole = first;
    while (this.#peek()?.kind === "text") whole += ` ${this.#mark()}`;
    return whole;
  }

  #named(name: string): string {
    if (Object.hasOwn(CONSTANTS, name)) return CONSTANTS[name]!;
    if (WORDS.has(name)) throw this.#wrong(`unexpected "${name}"`);
    this.#checkName(name);
    if (this.#mentions.locals.has(name)) return name;
    if (name === "var") return this.#variable();
    if (name === "conn") return `conn__(${this.#fetchedKey("conn")})`;
    if (FETCHED_NAMES.has(name)) return `fetch__("${name}")`;
    this.#mentions.names.add(name);
    return name;
  }

  #variable(): string {
    const usage = "var is used as var.value.<name> or var.json.<name>";
    if (!this.take(".")) throw this.#wrong(usage);
    const kind = this.name();
    if (kind !== "value" && kind !== "json") throw this.#wrong(usage);
    return `var__("${kind}", ${this.#fetchedKey(`var.${kind}`)})`;
  }

  /** `.name`, `["name"]` or `.get("name", default)` behind what holds variables or connections. */
  #fetchedKey(owner: string): string {
    if (this.take("[")) {
      const key = this.expression();
      this.#expect("]");
      return key;
    }
    if (!this.take(".")) throw this.#wrong(`${owner} needs a name: ${owner}.<name>`);
    const name = this.name();
    if (name !== "get" || !this.take("(")) return JSON.stringify(name);
    return this.#arguments().join(", ");
  }

  #postfix(start: string): string {
    let value = start;
    for (;;) {
      if (this.take(".")) value = this.#attribute(value);
      else if (this.take("[")) value = `${value}[${this.#subscript()}]`;
      else if (this.take("(")) value = `${callee(value)}(${this.#arguments().join(", ")})`;
      else return value;
    }
  }

  #attribute(owner: string): string {
    const token = this.#peek();
    if (token?.kind === "number") return `${owner}[${this.#mark()}]`;
    const name = this.name();
    this.#checkName(name);
    if (!METHODS.has(name) || !this.#is("(")) return `${owner}.${name}`;
    this.#next += 1;
    return `method__(${[owner, JSON.stringify(name), ...this.#arguments()].join(", ")})`;
  }

  /** As Airflow's sandboxed environment has it. */
  #checkName(name: string): void {
    if (!name.startsWith("__")) return;
    throw new TemplateSyntaxError(`access to attribute '${name}' is unsafe (in "${this.#source}")`);
  }

  #subscript(): string {
    const token = this.#peek();
    if (token?.kind === "text") this.#checkName(token.text.slice(1, -1));
    const parts: string[] = [];
    while (!this.take("]")) parts.push(this.take(":") ? ":" : this.expression());
    return parts.join("");
  }

  #items(close: string): string[] {
    const items: string[] = [];
    while (!this.take(close)) {
      items.push(this.expression());
      if (!this.#is(close)) this.#expect(",");
    }
    return items;
  }

  #dict(): string {
    const entries: string[] = [];
    while (!this.take("}")) {
      const key = this.expression();
      this.#expect(":");
      entries.push(`${key}: ${this.expression()}`);
      if (!this.#is("}")) this.#expect(",");
    }
    return `{${entries.join(", ")}}`;
  }

  #arguments(): string[] {
    const items: string[] = [];
    while (!this.take(")")) {
      const stars = this.take("**") ? "**" : this.take("*") ? "*" : "";
      const isNamed = this.#peek()?.kind === "name" && this.#peek(1)?.text === "=";
      const name = isNamed ? `${this.name()}=` : "";
      if (isNamed) this.#next += 1;
      items.push(`${stars}${name}${this.expression()}`);
      if (!this.#is(")")) this.#expect(",");
    }
    return items;
  }

  #filtersOf(start: string): string {
    let value = start;
    for (;;) {
      if (this.take("|")) value = this.#postfix(`(${value}|${this.#filter()})`);
      else if (this.take("is")) value = this.#test(value);
      else return value;
    }
  }

  /** A filter's name with its arguments. */
  #filter(): string {
    const name = this.name();
    const token = this.#peek(1);
    if (name === "attr" && token?.kind === "text") this.#checkName(token.text.slice(1, -1));
    return this.take("(") ? `${name}(${this.#arguments().join(", ")})` : name;
  }

  #test(value: string): string {
    const negated = this.take("not") ? "not " : "";
    const name = this.name();
    const test = Object.hasOwn(CONSTANTS, name) ? CONSTANTS[name]! : name;
    if (this.take("(")) return `(${value} is ${negated}${test}(${this.#arguments().join(", ")}))`;
    const next = this.#peek();
    const hasArgument = next !== undefined && (next.kind === "mark" ? "[{".includes(next.text) : !WORDS.has(next.text));
    const argument = hasArgument ? ` ${this.#postfix(this.#primary())}` : "";
    return `(${value} is ${negated}${test}${argument})`;
  }
}

/** What is called: Python's class `datetime` is a module here, because a function has no attributes in MiniJinja. */
const callee = (value: string) => (value === "macros.datetime" ? "macros.datetime.new__" : value);

const NUMBER = /^\d/;

/** MiniJinja negates only numbers that are written in the template. */
const negative = (code: string) => (NUMBER.test(code) ? `(-${code})` : `(0 - ${code})`);

function combine(sign: string, left: string, right: string): string {
  const isPlain = NUMBER.test(left) || NUMBER.test(right);
  if (SHARED.has(sign) && !isPlain) return `op__("${sign}", ${left}, ${right})`;
  return `(${left} ${sign} ${right})`;
}
