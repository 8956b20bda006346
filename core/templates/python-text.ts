import { DateValue, TimeDelta } from "./date-value.ts";

/** A value as Python's `str` has it: `True`, `None`, `{'a': 1}`. */
export function pythonText(value: unknown): string {
  return typeof value === "string" ? value : pythonRepr(value);
}

/** A value as Python's `repr` has it. */
export function pythonRepr(value: unknown): string {
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "string") return quote(value);
  if (typeof value === "number") return numberText(value);
  if (Array.isArray(value)) return `[${value.map(pythonRepr).join(", ")}]`;
  if (value instanceof DateValue || value instanceof TimeDelta) return value.toString();
  if (typeof value === "object") {
    const entries = Object.entries(value).map(([key, item]) => `${pythonRepr(key)}: ${pythonRepr(item)}`);
    return `{${entries.join(", ")}}`;
  }
  return String(value);
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  return String(value).replace(/e([+-])(\d)$/, "e$10$2");
}

function quote(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const body = text
    .replaceAll("\\", "\\\\")
    .replaceAll(mark, `\\${mark}`)
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r")
    .replaceAll("\t", "\\t");
  return `${mark}${body}${mark}`;
}

/** A value as Python's `json.dumps` writes it, with a space after `,` and `:`. */
export function pythonJson(value: unknown, options: { indent?: number; sortKeys?: boolean } = {}): string {
  const { indent, sortKeys = false } = options;
  const write = (item: unknown, depth: number): string => {
    if (item === null || item === undefined) return "null";
    if (typeof item === "string") return asciiJson(item);
    if (item instanceof DateValue || item instanceof TimeDelta) return asciiJson(item.toString());
    if (typeof item !== "object") return JSON.stringify(item);
    const isList = Array.isArray(item);
    const entries = isList
      ? item.map((part) => write(part, depth + 1))
      : Object.entries(item)
          .sort(([a], [b]) => (sortKeys ? (a < b ? -1 : 1) : 0))
          .map(([key, part]) => `${asciiJson(key)}: ${write(part, depth + 1)}`);
    const [open, close] = isList ? "[]" : "{}";
    if (entries.length === 0 || indent === undefined) return `${open}${entries.join(", ")}${close}`;
    const line = (level: number) => `\n${" ".repeat(indent * level)}`;
    return `${open}${line(depth + 1)}${entries.join(`,${line(depth + 1)}`)}${line(depth)}${close}`;
  };
  return write(value, 0);
}

function asciiJson(text: string): string {
  // Python escapes what is not ASCII.
  return JSON.stringify(text).replaceAll(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
