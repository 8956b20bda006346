import type { ErrorObject, ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import ajvFormats from "ajv-formats";
import { maskSecrets } from "../secrets/mask-secrets.ts";
import { isSensitiveKey, MASK } from "../secrets/sensitive-names.ts";
import { pythonRepr } from "../templates/python-text.ts";

const addFormats = ajvFormats as unknown as typeof ajvFormats.default;
// Keywords of the trigger form, such as `section`, are no rules; unknown formats, such as `multiline`, neither.
const ajv = new Ajv2020({ strict: false, allErrors: false, verbose: true, logger: false, validateFormats: true });
addFormats(ajv);

const KEPT = 500;
const validators = new Map<string, ValidateFunction>();

/**
 * What is wrong with a value by a JSON Schema, in the words of Python's `jsonschema`, without secrets; undefined when
 * nothing is. A schema that is none is what is wrong with every value.
 * @param name what the value is called
 */
export function violationOf(
  name: string,
  schema: Readonly<Record<string, unknown>>,
  value: unknown,
): string | undefined {
  let validate: ValidateFunction;
  try {
    validate = validatorOf(schema);
  } catch (error) {
    return `the schema is not valid: ${(error as Error).message}`;
  }
  if (validate(value)) return undefined;
  const error = validate.errors?.find(({ keyword }) => keyword !== "if") ?? validate.errors?.[0];
  return error === undefined ? "the value does not match the schema" : describe(name, error);
}

/** Why a schema is none; undefined when it is one. */
export function schemaProblem(schema: Readonly<Record<string, unknown>>): string | undefined {
  try {
    validatorOf(schema);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function validatorOf(schema: Readonly<Record<string, unknown>>): ValidateFunction {
  // A schema that names its draft is taken as the newest: the two differ in little that a param would use.
  const { $schema: _, $id: __, ...rules } = schema;
  const key = JSON.stringify(rules);
  let validate = validators.get(key);
  if (validate === undefined) {
    validate = ajv.compile(rules);
    validators.set(key, validate);
    if (validators.size > KEPT) validators.delete(validators.keys().next().value!);
  }
  return validate;
}

function describe(name: string, { keyword, params, data, instancePath, message, schema }: ErrorObject): string {
  const isSecret = [name, ...instancePath.split("/")].some(isSensitiveKey);
  const value = pythonRepr(isSecret ? MASK : maskSecrets(data));
  const where = instancePath === "" ? "" : ` (at ${instancePath})`;
  const words: Readonly<Record<string, () => string>> = {
    type: () => `${value} is not of type ${[schema].flat().map(pythonRepr).join(", ")}`,
    enum: () => `${value} is not one of ${pythonRepr(schema)}`,
    const: () => `${pythonRepr(schema)} was expected`,
    minimum: () => `${value} is less than the minimum of ${pythonRepr(schema)}`,
    maximum: () => `${value} is greater than the maximum of ${pythonRepr(schema)}`,
    exclusiveMinimum: () => `${value} is less than or equal to the minimum of ${pythonRepr(schema)}`,
    exclusiveMaximum: () => `${value} is greater than or equal to the maximum of ${pythonRepr(schema)}`,
    multipleOf: () => `${value} is not a multiple of ${pythonRepr(schema)}`,
    minLength: () => (schema === 1 ? `${value} should be non-empty` : `${value} is too short`),
    maxLength: () => `${value} is too long`,
    minItems: () => (schema === 1 ? `${value} should be non-empty` : `${value} is too short`),
    maxItems: () => `${value} is too long`,
    uniqueItems: () => `${value} has non-unique elements`,
    pattern: () => `${value} does not match ${pythonRepr(schema)}`,
    format: () => `${value} is not a ${pythonRepr(schema)}`,
    required: () => `${pythonRepr(params.missingProperty)} is a required property`,
  };
  return (words[keyword]?.() ?? `${value} ${message ?? "does not match the schema"}`) + where;
}
