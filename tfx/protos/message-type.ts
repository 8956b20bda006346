import protobuf from "protobufjs";
import { reflectedType } from "./load.ts";

/** A 64-bit integer: a number while it is exact, a bigint beyond 2^53. Either is accepted when writing. */
export type Int64 = number | bigint;

/**
 * Binary codec of one message type on plain objects. Field names are those of the `.proto` file; a singular field that
 * is not set is absent, a repeated one is an empty list; enums are names (numbers are accepted when writing); 64-bit
 * integers are `Int64`; bytes are `Uint8Array`.
 */
export interface MessageType<T extends object> {
  readonly reflection: protobuf.Type;
  /** Encodes in field order with map entries sorted by their keys' UTF-8 bytes; an unknown field is an error. */
  encode(message: T): Uint8Array;
  decode(bytes: Uint8Array): T;
}

const types = new Map<string, MessageType<object>>();

/**
 * The codec of a message type, made on first use.
 * @example messageType<Schema>("tensorflow_metadata/proto/v0/schema.proto", "tensorflow.metadata.v0.Schema")
 */
export function messageType<T extends object>(fileName: string, typeName: string): MessageType<T> {
  const known = types.get(typeName);
  if (known) return known as MessageType<T>;
  const reflection = reflectedType(fileName, typeName);
  reflection.root.resolveAll();
  const made: MessageType<T> = {
    reflection,
    encode: (message) => reflection.encode(toMessage(reflection, message)).finish(),
    decode: (bytes) => fromMessage(reflection, reflection.decode(bytes)) as T,
  };
  types.set(typeName, made as MessageType<object>);
  return made;
}

type Fields = Record<string, unknown>;

/** Turns a plain object into what protobufjs encodes, checking field and enum names. */
export function toMessage(type: protobuf.Type, plain: object): protobuf.Message {
  const message: Fields = {};
  for (const [name, value] of Object.entries(plain)) {
    if (value === undefined) continue;
    const field = type.fields[name];
    if (!field) throw new Error(`Message ${shortName(type)} has no field "${name}"`);
    message[name] = convertField(field, value, valueToMessage);
  }
  return type.create(message);
}

/** Turns what protobufjs decoded (or parsed from text) into a plain object. */
export function fromMessage(type: protobuf.Type, message: object): object {
  const plain: Fields = {};
  for (const [name, value] of Object.entries(message)) {
    const field = type.fields[name];
    if (field && value !== null && value !== undefined) plain[name] = convertField(field, value, valueFromMessage);
  }
  return plain;
}

type ConvertValue = (field: protobuf.Field, value: unknown) => unknown;

function convertField(field: protobuf.Field, value: unknown, convert: ConvertValue): unknown {
  if (field instanceof protobuf.MapField) {
    const entries = Object.entries(value as Fields).sort(([a], [b]) => compareUtf8(a, b));
    return Object.fromEntries(entries.map(([key, entry]) => [key, convert(field, entry)]));
  }
  if (field.repeated) return Array.from(value as Iterable<unknown>, (element) => convert(field, element));
  return convert(field, value);
}

function valueToMessage(field: protobuf.Field, value: unknown): unknown {
  if (field.resolvedType instanceof protobuf.Type) return toMessage(field.resolvedType, value as object);
  if (field.resolvedType instanceof protobuf.Enum && typeof value === "string") {
    const number = field.resolvedType.values[value];
    if (number === undefined) throw new Error(`Enum ${shortName(field.resolvedType)} has no value "${value}"`);
    return number;
  }
  return typeof value === "bigint" ? longFromBigInt(value) : value;
}

function valueFromMessage(field: protobuf.Field, value: unknown): unknown {
  if (field.resolvedType instanceof protobuf.Type) return fromMessage(field.resolvedType, value as object);
  if (field.resolvedType instanceof protobuf.Enum) return field.resolvedType.valuesById[value as number] ?? value;
  return isLong(value) ? int64FromLong(value) : value;
}

/** protobufjs's form of a 64-bit integer: two signed halves. */
interface Long {
  readonly low: number;
  readonly high: number;
  readonly unsigned: boolean;
}

function isLong(value: unknown): value is Long {
  return typeof value === "object" && value !== null && "low" in value && "high" in value;
}

function longFromBigInt(value: bigint): Long {
  return {
    low: Number(BigInt.asIntN(32, value)),
    high: Number(BigInt.asIntN(32, value >> 32n)),
    unsigned: value >= 0n,
  };
}

function int64FromLong({ low, high, unsigned }: Long): Int64 {
  const number = (unsigned ? high >>> 0 : high) * 2 ** 32 + (low >>> 0);
  if (Number.isSafeInteger(number)) return number;
  return (BigInt(unsigned ? high >>> 0 : high) << 32n) | BigInt(low >>> 0);
}

function shortName(object: protobuf.ReflectionObject): string {
  return object.fullName.replace(/^\./, "");
}

/** Orders strings by their UTF-8 bytes, the order of deterministic protobuf maps and of TFX's sorted names. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left !== right) return isSurrogate(left) === isSurrogate(right) ? left - right : isSurrogate(left) ? 1 : -1;
  }
  return a.length - b.length;
}

/** A surrogate stands for a code point above U+FFFF, so it sorts after every other code unit. */
function isSurrogate(codeUnit: number): boolean {
  return codeUnit >= 0xd800 && codeUnit <= 0xdfff;
}
