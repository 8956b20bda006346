import type { JsonValue } from "#sdk/json.ts";
import type { SerializedParam } from "#sdk/param.ts";
import { DaisyError } from "../errors.ts";
import { violationOf } from "./violation.ts";

/** A param as the serialized form has it. */
export interface ParamRule {
  readonly name: string;
  /** Undefined: it has none. */
  readonly default: JsonValue | undefined;
  readonly description: string | null;
  readonly schema: Readonly<Record<string, JsonValue>>;
}

/** Reads the `params` of serialized DAGs and tasks; those of later lists win. */
export function readParams(...lists: readonly (readonly SerializedParam[] | undefined)[]): ParamRule[] {
  const rules = new Map<string, ParamRule>();
  for (const entry of lists.flatMap((list) => list ?? [])) {
    const [name, { default: given, description, schema }] = entry;
    rules.set(name, { name, default: isNotSet(given) ? undefined : given, description, schema });
  }
  return [...rules.values()];
}

function isNotSet(value: JsonValue): boolean {
  return typeof value === "object" && value !== null && (value as { __type?: JsonValue }).__type === "arg_not_set";
}

/**
 * The values of a run's params: the defaults, under what the run was triggered with. What is in the conf and no param
 * becomes one (Airflow's `process_params`). Throws PARAMS_INVALID with Airflow's text.
 * @param conf null: it does not count
 */
export function resolveParams(
  rules: readonly ParamRule[],
  conf: Readonly<Record<string, unknown>> | null,
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const { name, default: given, schema } of rules) {
    const value = conf !== null && Object.hasOwn(conf, name) ? conf[name] : given;
    const problem =
      value === undefined ? "No value passed and Param has no default value" : violationOf(name, schema, value);
    if (problem !== undefined) throw new DaisyError("PARAMS_INVALID", `Invalid input for param ${name}: ${problem}`);
    define(values, name, value);
  }
  for (const [name, value] of Object.entries(conf ?? {})) if (!Object.hasOwn(values, name)) define(values, name, value);
  return values;
}

/** Also `__proto__` is only a name. */
function define(values: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(values, name, { value, enumerable: true, configurable: true, writable: true });
}
