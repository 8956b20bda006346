import { Channel } from "../pipeline/channel.ts";
import { BaseNode } from "./base-node.ts";
import type { ComponentSpec, ParameterSpec } from "./component.ts";
import type { Json } from "./executor.ts";
import { toCamelCase } from "./key-case.ts";

/** What a component's constructor receives: channels and parameters by camelCase name; undefined means not given. */
export type ComponentArguments = Readonly<Record<string, Channel | Json | undefined>>;

/**
 * A component of a pipeline, declared by its spec. Inputs and parameters are checked here, when the DAG file is parsed;
 * nothing of the executor is loaded.
 *
 * @example
 * ```ts
 * const spec = {
 *   typeName: "tfx.components.statistics_gen.component.StatisticsGen",
 *   inputs: { examples: { type: Examples }, schema: { type: Schema, optional: true } },
 *   outputs: { statistics: ExampleStatistics },
 *   parameters: { exclude_splits: { type: "array", default: [] } },
 *   executor: () => import("./executor.ts"),
 * } as const satisfies ComponentSpec;
 *
 * export interface StatisticsGenArguments {
 *   readonly examples: Channel;
 *   readonly schema?: Channel;
 *   readonly excludeSplits?: readonly string[];
 * }
 *
 * export class StatisticsGen extends BaseComponent<typeof spec> {
 *   constructor(args: StatisticsGenArguments) {
 *     super(spec, { ...args });
 *   }
 * }
 *
 * const statisticsGen = new StatisticsGen({ examples: exampleGen.outputs.examples });
 * statisticsGen.outputs.statistics; // Channel
 * ```
 */
export abstract class BaseComponent<Spec extends ComponentSpec = ComponentSpec> extends BaseNode<Spec["outputs"]> {
  readonly spec: Spec;
  /** Parameters by snake_case key, defaults filled in; an optional one that is not given is absent. */
  readonly execProperties: Readonly<Record<string, Json>>;

  protected constructor(spec: Spec, args: ComponentArguments) {
    refuseUnknownArguments(spec, args);
    super(spec.typeName, checkedInputs(spec, args), spec.outputs);
    this.spec = spec;
    this.execProperties = checkedParameters(spec, args);
  }
}

/** The class name at the end of the type's path, for messages. */
function className(spec: ComponentSpec): string {
  return spec.typeName.slice(spec.typeName.lastIndexOf(".") + 1);
}

function refuseUnknownArguments(spec: ComponentSpec, args: ComponentArguments): void {
  const known = [...Object.keys(spec.inputs), ...Object.keys(spec.parameters)].map(toCamelCase);
  const unknown = Object.keys(args).filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    const quoted = unknown.map((name) => `'${name}'`).join(", ");
    throw new Error(`Unknown arguments to ${className(spec)}: ${quoted}; it takes ${known.join(", ") || "none"}.`);
  }
}

function checkedInputs(spec: ComponentSpec, args: ComponentArguments): Record<string, Channel> {
  const inputs: Record<string, Channel> = {};
  for (const [key, input] of Object.entries(spec.inputs)) {
    const name = toCamelCase(key);
    const value = args[name];
    if (value === undefined || value === null) {
      if (!input.optional) throw new Error(`Missing argument '${name}' to ${className(spec)}.`);
    } else if (!(value instanceof Channel) || value.type.name !== input.type.name) {
      throw new TypeError(
        `Argument ${name} of ${className(spec)} should be a Channel of type '${input.type.name}' (got ${show(value)}).`,
      );
    } else if (value.producer === undefined) {
      throw new TypeError(
        `Argument ${name} of ${className(spec)} should be an output of another node (got ${value}); use a Resolver to find artifacts in the store.`,
      );
    } else {
      inputs[key] = value;
    }
  }
  return inputs;
}

function checkedParameters(spec: ComponentSpec, args: ComponentArguments): Record<string, Json> {
  const parameters: Record<string, Json> = {};
  for (const [key, parameter] of Object.entries(spec.parameters)) {
    const name = toCamelCase(key);
    const given = args[name];
    const value = given === undefined || given === null ? parameter.default : given;
    if (value === undefined) {
      if (!parameter.optional) throw new Error(`Missing argument '${name}' to ${className(spec)}.`);
      continue;
    }
    if (value instanceof Channel || !isJson(value) || !hasType(value, parameter)) {
      throw new TypeError(`Expected type ${parameter.type ?? "JSON"} for parameter '${name}' but got ${show(value)}.`);
    }
    parameters[key] = value;
  }
  return parameters;
}

function hasType(value: Json, parameter: ParameterSpec): boolean {
  return parameter.type === undefined || value === null || jsonType(value) === parameter.type;
}

function jsonType(value: Json): string {
  return Array.isArray(value) ? "array" : value === null ? "null" : typeof value;
}

/** Parameters are recorded in ML Metadata and compared by the cache, so functions, NaN and class instances are refused. */
function isJson(value: unknown): value is Json {
  if (value === null || typeof value === "boolean" || typeof value === "string") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (Array.isArray(value)) return value.every(isJson);
  if (typeof value !== "object") return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  const plain = prototype === null || Object.getPrototypeOf(prototype) === null;
  return plain && Object.values(value).every((member) => member === undefined || isJson(member));
}

function show(value: unknown): string {
  if (value instanceof Channel) return String(value);
  if (typeof value === "function") return `function ${value.name || "(anonymous)"}`;
  return JSON.stringify(value) ?? String(value);
}
