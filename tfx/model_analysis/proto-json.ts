import protobuf from "protobufjs";
import type { Json } from "../components/executor.ts";
import { toCamelCase } from "../components/key-case.ts";

type Fields = Record<string, unknown>;

/**
 * Reads proto3's JSON form into a plain message: field names in camelCase or as in the `.proto` file, wrapped numbers
 * bare, enums by name.
 * @throws TypeError that names the field when one is unknown or of another type
 */
export function messageFromJson(type: protobuf.Type, json: unknown, where: string): Fields {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new TypeError(`${where} should be an object, got ${show(json)}`);
  }
  const message: Fields = {};
  for (const [key, value] of Object.entries(json)) {
    if (value === undefined || value === null) continue;
    const field = type.fields[key] ?? type.fieldsArray.find(({ name }) => toCamelCase(name) === key);
    if (!field) {
      const known = type.fieldsArray.map(({ name }) => toCamelCase(name)).join(", ");
      throw new TypeError(`${where} has no field "${key}"; it has ${known}`);
    }
    message[field.name] = fieldFromJson(field.resolve(), value, `${where}.${toCamelCase(field.name)}`);
  }
  return message;
}

function fieldFromJson(field: protobuf.Field, json: unknown, where: string): unknown {
  if (field instanceof protobuf.MapField) {
    if (typeof json !== "object" || json === null || Array.isArray(json)) {
      throw new TypeError(`${where} should be an object, got ${show(json)}`);
    }
    const entries = Object.entries(json).map(([key, value]) => [key, valueFromJson(field, value, `${where}.${key}`)]);
    return Object.fromEntries(entries);
  }
  if (!field.repeated) return valueFromJson(field, json, where);
  if (!Array.isArray(json)) throw new TypeError(`${where} should be a list, got ${show(json)}`);
  return json.map((value, index) => valueFromJson(field, value, `${where}[${index}]`));
}

function valueFromJson({ resolvedType, type }: protobuf.Field, json: unknown, where: string): unknown {
  if (resolvedType instanceof protobuf.Enum) {
    if (typeof json === "string" && json in resolvedType.values) return json;
    throw new TypeError(`${where} should be one of ${Object.keys(resolvedType.values).join(", ")}, got ${show(json)}`);
  }
  if (resolvedType instanceof protobuf.Type) {
    if (!isWrapper(resolvedType)) return messageFromJson(resolvedType, json, where);
    return { value: scalarFromJson(resolvedType.fields.value!.type, json, where) };
  }
  return scalarFromJson(type, json, where);
}

function scalarFromJson(type: string, json: unknown, where: string): unknown {
  const expected = type === "string" || type === "bool" ? type : "number";
  const actual = typeof json === "boolean" ? "bool" : typeof json;
  if (actual !== expected) throw new TypeError(`${where} should be a ${expected}, got ${show(json)}`);
  return json;
}

/** Which spelling of field names the JSON gets. */
export type FieldNames = "camelCase" | "proto";

/** Writes a plain message as proto3's JSON form, without fields that hold their default. */
export function messageToJson(type: protobuf.Type, message: object, names: FieldNames): Record<string, Json> {
  const json: Record<string, Json> = {};
  for (const field of type.fieldsArray) {
    const value = (message as Fields)[field.name];
    if (value === undefined || value === null || isDefault(field.resolve(), value)) continue;
    const name = names === "camelCase" ? toCamelCase(field.name) : field.name;
    if (field instanceof protobuf.MapField) {
      const entries = Object.entries(value as Fields).map(([key, each]) => [key, valueToJson(field, each, names)]);
      json[name] = Object.fromEntries(entries);
    } else if (field.repeated) {
      json[name] = (value as unknown[]).map((each) => valueToJson(field, each, names));
    } else {
      json[name] = valueToJson(field, value, names);
    }
  }
  return json;
}

function valueToJson({ resolvedType }: protobuf.Field, value: unknown, names: FieldNames): Json {
  if (!(resolvedType instanceof protobuf.Type)) return value as Json;
  if (!isWrapper(resolvedType)) return messageToJson(resolvedType, value as object, names);
  return ((value as { value?: Json }).value ?? defaultOf(resolvedType.fields.value!.type)) as Json;
}

function isDefault(field: protobuf.Field, value: unknown): boolean {
  if (field instanceof protobuf.MapField) return Object.keys(value as object).length === 0;
  if (field.repeated) return (value as unknown[]).length === 0;
  if (field.resolvedType instanceof protobuf.Type || field.partOf) return false;
  if (field.resolvedType instanceof protobuf.Enum) return field.resolvedType.values[value as string] === 0;
  return value === defaultOf(field.type);
}

function defaultOf(type: string): Json {
  if (type === "string") return "";
  return type === "bool" ? false : 0;
}

function isWrapper(type: protobuf.Type): boolean {
  return /^\.google\.protobuf\.\w+Value$/.test(type.fullName);
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}
