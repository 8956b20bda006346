import { isPlainObject } from "../json.ts";

/** What an option's value must be: whether it is, and how a message says what was expected. */
export type OptionRule = readonly [accepts: (value: unknown) => boolean, expected: string];
/** A rule for each option of an operator. */
export type OptionRules<O> = { readonly [K in keyof Required<O>]: OptionRule };

/**
 * What a task of an operator may be called with: any of its options, as another task's result or as a literal. It
 * wins over the option that the operator was declared with. Nothing has to be given.
 */
export type OptionInputs<O> = void | Partial<O>;

export const isText: OptionRule = [(value) => typeof value === "string", "must be a string"];
export const isFilledText: OptionRule = [
  (value) => typeof value === "string" && value !== "",
  "must be a non-empty string",
];
export const isTextOrNull: OptionRule = [
  (value) => value === null || typeof value === "string",
  "must be a string or null",
];
export const isFlag: OptionRule = [(value) => typeof value === "boolean", "must be a boolean"];
export const isFunction: OptionRule = [(value) => typeof value === "function", "must be a function"];
export const isSeconds: OptionRule = [
  (value) => Number.isFinite(value) && (value as number) > 0,
  "must be a positive number of seconds",
];
export const areTexts: OptionRule = [
  (value) => isPlainObject(value) && Object.values(value).every((item) => typeof item === "string"),
  "must be an object of strings",
];
export const isTextOrTexts: OptionRule = [
  (value) => typeof value === "string" || (Array.isArray(value) && value.every((item) => typeof item === "string")),
  "must be a string or an array of strings",
];

/**
 * Checks what an operator was given, and returns a frozen copy. Throws for what is no object, an unknown or missing
 * option, and a value of another kind.
 * @param caller the operator's function, for messages: `bash`
 * @param required options that must be there
 */
export function readOptions<O extends object>(
  caller: string,
  given: unknown,
  rules: OptionRules<O>,
  required: readonly (keyof O & string)[] = [],
): Readonly<O> {
  if (!isPlainObject(given)) throw new Error(`${caller}(...) takes an options object`);
  for (const key of Reflect.ownKeys(given)) {
    if (!Object.hasOwn(rules, key)) throw new Error(`Unknown option "${String(key)}" for ${caller}(...)`);
  }
  const missing = required.find((name) => given[name] === undefined);
  if (missing !== undefined) throw new Error(`${caller}(...) needs the option "${missing}"`);
  for (const [name, [accepts, expected]] of Object.entries(rules) as [string, OptionRule][]) {
    if (given[name] === undefined || accepts(given[name])) continue;
    throw new Error(`${caller}(...) option "${name}" ${expected}`);
  }
  return Object.freeze({ ...given }) as Readonly<O>;
}

/** The options that a try runs with: those declared, under what the task was called with; checked again. */
export function withInputs<O extends object>(
  caller: string,
  options: Readonly<O>,
  inputs: OptionInputs<O>,
  rules: OptionRules<O>,
  required: readonly (keyof O & string)[] = [],
): Readonly<O> {
  return readOptions(caller, { ...options, ...inputs }, rules, required);
}
