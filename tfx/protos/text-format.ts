import protobuf from "protobufjs";
import textformat from "protobufjs/ext/textformat.js";
import { compareUtf8, fromMessage, type MessageType } from "./message-type.ts";

/**
 * Parses protobuf text format: comments, both quotes, adjacent strings, `<…>` blocks, lists in brackets.
 * @throws on an unknown field or a malformed value, with the line
 */
export function parseText<T extends object>(type: MessageType<T>, text: string): T {
  return fromMessage(type.reflection, textformat.fromText(type.reflection, text)) as T;
}

/**
 * Prints a message as Python's protobuf text printer does: fields in the order of their numbers, two blanks a level,
 * map entries sorted by key, UTF-8 as it is.
 */
export function printText<T extends object>(type: MessageType<T>, message: T): string {
  const lines: string[] = [];
  printMessage(type.reflection, message as Fields, "", lines);
  return lines.map((line) => `${line}\n`).join("");
}

type Fields = Readonly<Record<string, unknown>>;

function printMessage(type: protobuf.Type, message: Fields, indent: string, lines: string[]): void {
  for (const name of Object.keys(message)) {
    if (!type.fields[name]) throw new Error(`Message ${type.fullName.slice(1)} has no field "${name}"`);
  }
  const fields = type.fieldsArray.toSorted((a, b) => a.id - b.id);
  for (const field of fields) {
    const value = message[field.name];
    if (value === undefined || isImplicitDefault(field, value)) continue;
    if (field instanceof protobuf.MapField) printMap(field, value as Fields, indent, lines);
    else
      for (const element of field.repeated ? (value as Iterable<unknown>) : [value])
        printField(field, element, indent, lines);
  }
}

/** A proto3 field without presence is not printed when it has its default. */
function isImplicitDefault(field: protobuf.Field, value: unknown): boolean {
  if (
    field.hasPresence ||
    field.repeated ||
    field instanceof protobuf.MapField ||
    field.resolvedType instanceof protobuf.Type
  )
    return false;
  if (field.resolvedType instanceof protobuf.Enum)
    return enumName(field.resolvedType, value) === field.resolvedType.valuesById[0];
  return (
    value === 0 ||
    value === 0n ||
    value === "" ||
    value === false ||
    (value instanceof Uint8Array && value.length === 0)
  );
}

function printField(field: protobuf.Field, value: unknown, indent: string, lines: string[]): void {
  if (!(field.resolvedType instanceof protobuf.Type)) {
    lines.push(`${indent}${field.name}: ${scalarText(field, value)}`);
    return;
  }
  lines.push(`${indent}${field.name} {`);
  printMessage(field.resolvedType, value as Fields, `${indent}  `, lines);
  lines.push(`${indent}}`);
}

function printMap(field: protobuf.MapField, entries: Fields, indent: string, lines: string[]): void {
  for (const key of Object.keys(entries).sort(compareUtf8)) {
    lines.push(`${indent}${field.name} {`);
    lines.push(`${indent}  key: ${field.keyType === "string" ? quoted(key) : key}`);
    const value = entries[key];
    if (field.resolvedType instanceof protobuf.Type) {
      lines.push(`${indent}  value {`);
      printMessage(field.resolvedType, value as Fields, `${indent}    `, lines);
      lines.push(`${indent}  }`);
    } else {
      lines.push(`${indent}  value: ${scalarText(field, value)}`);
    }
    lines.push(`${indent}}`);
  }
}

function scalarText(field: Pick<protobuf.FieldBase, "type" | "resolvedType">, value: unknown): string {
  if (field.resolvedType instanceof protobuf.Enum) return enumName(field.resolvedType, value);
  switch (field.type) {
    case "string":
      return quoted(value as string);
    case "bytes":
      return quotedBytes(value as Uint8Array);
    case "double":
      return floatText(value as number);
    case "float":
      return floatText(shortestFloat(value as number));
    default:
      return String(value);
  }
}

function enumName(type: protobuf.Enum, value: unknown): string {
  return typeof value === "string" ? value : (type.valuesById[value as number] ?? String(value));
}

/** The fewest digits that give the same float32, as Python prints a float field. */
function shortestFloat(value: number): number {
  const rounded = Math.fround(value);
  for (let digits = 6; digits < 9; digits++) {
    const candidate = Number(rounded.toPrecision(digits));
    if (Math.fround(candidate) === rounded) return candidate;
  }
  return rounded;
}

/** A number as Python's `repr` writes it, with text format's names for what is not finite. */
function floatText(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (Object.is(value, -0)) return "-0.0";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    const [digits, exponent] = value.toExponential().split("e") as [string, string];
    return `${digits}e${exponent[0]}${exponent.slice(1).padStart(2, "0")}`;
  }
  const text = String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  '"': '\\"',
  "'": "\\'",
  "\\": "\\\\",
};

function quoted(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is escaped
  return `"${text.replace(/[\u0000-\u001f\u007f"'\\]/g, (character) => ESCAPES[character] ?? octal(character.charCodeAt(0)))}"`;
}

function quotedBytes(bytes: Uint8Array): string {
  const characters = Array.from(bytes, (byte) => {
    const character = String.fromCharCode(byte);
    return ESCAPES[character] ?? (byte >= 32 && byte < 127 ? character : octal(byte));
  });
  return `"${characters.join("")}"`;
}

function octal(byte: number): string {
  return `\\${byte.toString(8).padStart(3, "0")}`;
}
