import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import type { JsonValue } from "#sdk/json.ts";

/** What a task has asked, as far as an answer is checked against it. */
export interface OpenQuestion {
  readonly options: readonly string[];
  readonly multiple: boolean;
  readonly params: Readonly<Record<string, { readonly schema?: Readonly<Record<string, JsonValue>> }>>;
}

/**
 * What is wrong with an answer, or undefined. Options and names of params in the words of Airflow's operator, which
 * would fail the task over them; a param's value by its JSON Schema.
 */
export function findFault(
  { options, multiple, params }: OpenQuestion,
  chosen: readonly string[],
  input: Readonly<Record<string, unknown>>,
): string | undefined {
  const strange = chosen.filter((option) => !options.includes(option));
  if (strange.length > 0) return `Responses ${JSON.stringify(strange)} not in ${JSON.stringify(options)}`;
  if (chosen.length > 1 && !multiple) return `Only one option may be chosen, not ${chosen.length}`;
  const [given, wanted] = [Object.keys(input), Object.keys(params)];
  if (given.length !== wanted.length || !given.every((name) => Object.hasOwn(params, name))) {
    return `params_input ${JSON.stringify(given)} does not match params ${JSON.stringify(wanted)}`;
  }
  for (const [name, { schema }] of Object.entries(params)) {
    const fault = schema && findSchemaFault(schema, input[name]);
    if (fault !== undefined) return `params_input "${name}" ${fault}`;
  }
  return undefined;
}

function findSchemaFault(schema: Readonly<Record<string, JsonValue>>, value: unknown): string | undefined {
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats.default(ajv);
  try {
    return ajv.validate(schema, value) ? undefined : ajv.errorsText(ajv.errors, { dataVar: "value" });
  } catch (error) {
    return `cannot be checked, because its schema is wrong: ${(error as Error).message}`;
  }
}
