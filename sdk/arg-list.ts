import { brandOf } from "./brand.ts";
import type { JsonValue } from "./json.ts";
import type { TaskRef } from "./node.ts";

/** A task's inputs in the order in which its handler names them. */
export class ArgList {
  readonly #values: readonly (TaskRef | JsonValue)[];

  constructor(values: readonly (TaskRef | JsonValue)[]) {
    this.#values = Object.freeze([...values]);
  }

  get [brandOf("ArgList")](): true {
    return true;
  }

  get values(): readonly (TaskRef | JsonValue)[] {
    return this.#values;
  }
}

/** The older way to give inputs: in order, instead of `myTask({ rows, region })`. */
export function withArgList(...values: readonly (TaskRef | JsonValue)[]): ArgList {
  return new ArgList(values);
}

/** What stands before the parameter of a function, a method or an arrow function whose only one is `{ … }`. */
const OBJECT_PATTERN = /^(?:async\s*)?(?:function\b\s*)?[\p{ID_Continue}$]*\s*\(\s*\{([^{}]*)\}\s*,?\s*\)/u;
const PROPERTY = /^([\p{ID_Start}$_][\p{ID_Continue}$]*)(?:\s*:\s*[\p{ID_Start}$_][\p{ID_Continue}$]*)?$/u;

/**
 * Names the values of a list, as the handler's source text does.
 * @param task for messages: `Task "t" of Dag "d"`
 */
export function nameInputs(task: string, handler: unknown, { values }: ArgList): Record<string, unknown> {
  const names = typeof handler === "function" ? argumentNames(handler.toString()) : undefined;
  if (names === undefined) {
    throw new Error(
      `${task} cannot take its inputs in order: its handler's argument is not a plain object pattern — ` +
        "async ({ rows, region }) => ... — so name the inputs instead",
    );
  }
  if (names.length !== values.length) {
    throw new Error(`${task} takes ${names.length} arguments (${names.join(", ")}) but was given ${values.length}`);
  }
  return Object.fromEntries(names.map((name, index) => [name, values[index]]));
}

/** The names of the arguments that a function destructures; undefined when its source does not tell them plainly. */
export function argumentNames(source: string): string[] | undefined {
  const pattern = OBJECT_PATTERN.exec(source)?.[1];
  if (pattern === undefined) return undefined;
  const properties = pattern.trim().replace(/,$/, "").split(",");
  const names = properties.map((property) => PROPERTY.exec(property.trim())?.[1]);
  return names.every((name) => name !== undefined) ? names : undefined;
}
