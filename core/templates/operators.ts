import type { Named } from "./date-object.ts";
import { DateValue, TimeDelta } from "./date-value.ts";
import { pythonRepr, pythonText } from "./python-text.ts";

/** Python's operators where MiniJinja's do not do: on dates and spans, and `%` on texts. */
export function operate(sign: string, left: unknown, right: unknown): unknown {
  if (sign === "%" && typeof left === "string") return formatPercent(left, right);
  if (sign === "+" || sign === "-") return addOrSubtract(sign, left, right);
  if (sign === "%") return numbers(sign, left, right, (a, b) => ((a % b) + b) % b);
  const [a, b] = comparable(sign, left, right);
  if (sign === "<") return a < b;
  if (sign === ">") return a > b;
  return sign === "<=" ? a <= b : a >= b;
}

function addOrSubtract(sign: "+" | "-", left: unknown, right: unknown): unknown {
  const factor = sign === "+" ? 1 : -1;
  if (left instanceof DateValue && right instanceof TimeDelta)
    return new DateValue(left.ms + factor * right.ms, left.zone);
  if (left instanceof TimeDelta && right instanceof TimeDelta) return new TimeDelta(left.ms + factor * right.ms);
  if (sign === "+" && left instanceof TimeDelta && right instanceof DateValue)
    return new DateValue(left.ms + right.ms, right.zone);
  if (sign === "-" && left instanceof DateValue && right instanceof DateValue) return new TimeDelta(left.ms - right.ms);
  if (sign === "+" && typeof left === "string" && typeof right === "string") return left + right;
  if (sign === "+" && Array.isArray(left) && Array.isArray(right)) return [...left, ...right];
  return numbers(sign, left, right, (a, b) => a + factor * b);
}

function numbers(sign: string, left: unknown, right: unknown, of: (a: number, b: number) => number): number {
  if (typeof left === "number" && typeof right === "number") return of(left, right);
  throw new Error(`unsupported operands for ${sign}: ${describe(left)} and ${describe(right)}`);
}

function comparable(sign: string, left: unknown, right: unknown): [number, number] | [string, string] {
  if (left instanceof DateValue && right instanceof DateValue) return [left.ms, right.ms];
  if (left instanceof TimeDelta && right instanceof TimeDelta) return [left.ms, right.ms];
  if (typeof left === "number" && typeof right === "number") return [left, right];
  if (typeof left === "string" && typeof right === "string") return [left, right];
  throw new Error(`'${sign}' not supported between ${describe(left)} and ${describe(right)}`);
}

function describe(value: unknown): string {
  return value === undefined ? "None or an undefined value" : pythonRepr(value);
}

/** Python's `"%s" % values`. */
export function formatPercent(format: string, values: unknown): string {
  const list = Array.isArray(values) ? values : [values];
  let next = 0;
  return format.replaceAll(/%(?:\((\w+)\))?([-+0 ]*)(\d*)(?:\.(\d+))?([sdifxXrge%])/g, (...match) => {
    const [, key, flags, width, precision, kind] = match as unknown as [
      string,
      string?,
      string?,
      string?,
      string?,
      string?,
    ];
    if (kind === "%") return "%";
    const value = key === undefined ? list[next++] : own(values, key);
    if (key === undefined && next > list.length) throw new Error("not enough arguments for format string");
    return padded(writeAs(kind!, value, precision, flags!), flags!, Number(width || 0));
  });
}

function writeAs(kind: string, value: unknown, precision: string | undefined, flags: string): string {
  if (kind === "s") return pythonText(value).slice(0, precision === undefined ? undefined : Number(precision));
  if (kind === "r") return pythonRepr(value);
  if (typeof value !== "number") throw new Error(`%${kind} format: a number is required, not ${describe(value)}`);
  const sign = flags.includes("+") && value >= 0 ? "+" : "";
  if (kind === "d" || kind === "i") return sign + String(Math.trunc(value));
  if (kind === "x") return Math.trunc(value).toString(16);
  if (kind === "X") return Math.trunc(value).toString(16).toUpperCase();
  if (kind === "e") return sign + value.toExponential(Number(precision ?? 6)).replace(/e([+-])(\d)$/, "e$10$2");
  return sign + value.toFixed(Number(precision ?? 6));
}

/** The longest text that padding may make. */
const LONGEST = 100_000;

function padded(text: string, flags: string, width: number): string {
  checkWidth(width);
  if (flags.includes("-")) return text.padEnd(width);
  if (!flags.includes("0")) return text.padStart(width);
  const sign = /^[-+]/.exec(text)?.[0] ?? "";
  return sign + text.slice(sign.length).padStart(width - sign.length, "0");
}

function checkWidth(width: number): number {
  if (width > LONGEST) throw new Error(`a width of ${width} is more than the ${LONGEST} that a template may ask for`);
  return width;
}

/** Methods of Python's types that MiniJinja does not have. */
export function callMethod(owner: unknown, name: string, args: readonly unknown[], named: Named): unknown {
  if (name === "get" && typeof owner === "object" && owner !== null) {
    const key = String(args[0]);
    return Object.hasOwn(owner, key) ? (owner as Record<string, unknown>)[key] : (args[1] ?? named.default);
  }
  const method = typeof owner === "string" && Object.hasOwn(TEXT_METHODS, name) ? TEXT_METHODS[name] : undefined;
  if (method === undefined) throw new Error(`${describe(owner)} has no method ${name}`);
  return method(owner as string, args, named);
}

type TextMethod = (text: string, args: readonly unknown[], named: Named) => unknown;

const TEXT_METHODS: Readonly<Record<string, TextMethod>> = {
  format: formatBraces,
  zfill: (text, [width]) => padded(text, "0", Number(width)),
  ljust: (text, [width, fill = " "]) => text.padEnd(checkWidth(Number(width)), String(fill)),
  rjust: (text, [width, fill = " "]) => text.padStart(checkWidth(Number(width)), String(fill)),
  center: (text, [width, fill = " "]) => {
    const space = Math.max(checkWidth(Number(width)) - text.length, 0);
    return text.padStart(text.length + Math.floor(space / 2), String(fill)).padEnd(text.length + space, String(fill));
  },
  partition: (text, [separator]) => {
    const at = text.indexOf(String(separator));
    return at < 0 ? [text, "", ""] : [text.slice(0, at), separator, text.slice(at + String(separator).length)];
  },
  removeprefix: (text, [prefix]) => (text.startsWith(String(prefix)) ? text.slice(String(prefix).length) : text),
  removesuffix: (text, [suffix]) =>
    suffix !== "" && text.endsWith(String(suffix)) ? text.slice(0, -String(suffix).length) : text,
  index: (text, [part]) => {
    const at = text.indexOf(String(part));
    if (at < 0) throw new Error("substring not found");
    return at;
  },
  isdigit: (text) => /^\d+$/.test(text),
  casefold: (text) => text.toLowerCase(),
  swapcase: (text) => text.replaceAll(/\p{L}/gu, (c) => (c === c.toUpperCase() ? c.toLowerCase() : c.toUpperCase())),
};

/** Python's `"{}".format(...)`: places, names, keys of dicts, and the common format codes. */
function formatBraces(text: string, args: readonly unknown[], named: Named): string {
  let next = 0;
  return text.replaceAll(
    /\{\{|\}\}|\{([^{}:!]*)(?:!([rs]))?(?::([^{}]*))?\}/g,
    (whole, path?: string, how?: string, spec?: string) => {
      if (whole === "{{" || whole === "}}") return whole[0]!;
      const [first, ...rest] = path!.split(/[.[\]]+/).filter((part) => part !== "");
      const start = first === undefined ? args[next++] : /^\d+$/.test(first) ? args[Number(first)] : own(named, first);
      const value = rest.reduce<unknown>(own, start);
      if (value === undefined) throw new Error(`Replacement ${whole} has no value`);
      if (how === "r") return pythonRepr(value);
      return spec ? formatSpec(value, spec) : pythonText(value);
    },
  );
}

/** What data has under a name; never what JavaScript's prototypes have. */
function own(owner: unknown, name: string): unknown {
  if (typeof owner !== "object" || owner === null || !Object.hasOwn(owner, name)) return undefined;
  return (owner as Record<string, unknown>)[name];
}

function formatSpec(value: unknown, spec: string): string {
  const match = /^(?:(.)?([<>^]))?(\+)?(0)?(\d*)(,)?(?:\.(\d+))?([sdfxX%])?$/u.exec(spec);
  if (match === null) throw new Error(`Invalid format specifier '${spec}'`);
  const [, fill, align, plus, zero, width, comma, precision, kind] = match;
  let body = pythonText(value);
  if (typeof value === "number") {
    if (kind === "x" || kind === "X" || kind === "d") body = writeAs(kind, value, precision, "");
    else if (kind === "%") body = `${(value * 100).toFixed(Number(precision ?? 6))}%`;
    else if (kind === "f" || precision !== undefined) body = value.toFixed(Number(precision ?? 6));
    if (comma) body = body.replace(/^-?\d+/, (digits) => digits.replaceAll(/\B(?=(\d{3})+$)/g, ","));
    if (plus && value >= 0) body = `+${body}`;
  }
  const size = checkWidth(Number(width || 0));
  if (zero) return padded(body, "0", size);
  const side = align ?? (typeof value === "number" ? ">" : "<");
  if (side === "<") return body.padEnd(size, fill ?? " ");
  if (side === ">") return body.padStart(size, fill ?? " ");
  return TEXT_METHODS.center!(body, [size, fill ?? " "], {}) as string;
}
